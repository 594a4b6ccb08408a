// Causal attention of one head. The scalar twin walks queries one by one and keeps one row of scores.
#include "internal.h"

static inline long first_key(const lathe_attention_shape *s, long position) {
    return s->window > 0 && position - s->window + 1 > 0 ? position - s->window + 1 : 0;
}

static void forward_scalar(
    const lathe_attention_shape *s, const void *q, const void *k, const void *v, void *o, float *lse) {
    float *scores = lathe_scratch(0, (size_t)(s->keys + s->width) * 4), *sum = scores + s->keys;
    for (long i = 0; i < s->queries; i++) {
        long position = s->keys - s->queries + i, first = first_key(s, position);
        float largest = -INFINITY, total = 0;
        for (long j = first; j <= position; j++) {
            float dot = 0;
            for (long d = 0; d < s->width; d++)
                dot += load1(q, i * s->query_stride + d, s->type) * load1(k, j * s->key_stride + d, s->type);
            scores[j] = dot * s->scale;
            if (scores[j] > largest || scores[j] != scores[j]) largest = scores[j];
        }
        for (long d = 0; d < s->width; d++) sum[d] = 0;
        for (long j = first; j <= position; j++) {
            float p = expf(scores[j] - largest);
            total += p;
            for (long d = 0; d < s->width; d++) sum[d] += p * load1(v, j * s->key_stride + d, s->type);
        }
        for (long d = 0; d < s->width; d++) store1(o, i * s->output_stride + d, s->output_type, sum[d] / total);
        if (lse) lse[i * s->lse_stride] = largest + logf(total);
    }
}

static void backward_scalar(
    const lathe_attention_shape *s, long heads, const void *d_o, lathe_type d_o_type, const void *q, const void *k,
    const void *v, const void *o, lathe_type o_type, const float *lse, void *dq, void *dk, void *dv) {
    long width = s->width;
    float *dk_sum = lathe_scratch(0, (size_t)(2 * s->keys + 1) * (size_t)width * 4);
    float *dv_sum = dk_sum + s->keys * width, *dq_sum = dv_sum + s->keys * width;
    memset(dk_sum, 0, (size_t)(2 * s->keys * width) * 4);
    for (long head = 0; head < heads; head++)
        for (long i = 0; i < s->queries; i++) {
            long position = s->keys - s->queries + i, row = i * s->query_stride + head * width;
            float delta = 0, log_sum = lse[i * s->lse_stride + head];
            for (long d = 0; d < width; d++) delta += load1(d_o, row + d, d_o_type) * load1(o, row + d, o_type);
            for (long d = 0; d < width; d++) dq_sum[d] = 0;
            for (long j = first_key(s, position); j <= position; j++) {
                float dot = 0, dp = 0;
                for (long d = 0; d < width; d++) {
                    dot += load1(q, row + d, s->type) * load1(k, j * s->key_stride + d, s->type);
                    dp += load1(d_o, row + d, d_o_type) * load1(v, j * s->key_stride + d, s->type);
                }
                float p = expf(dot * s->scale - log_sum), ds = p * (dp - delta) * s->scale;
                for (long d = 0; d < width; d++) {
                    dq_sum[d] += ds * load1(k, j * s->key_stride + d, s->type);
                    dk_sum[j * width + d] += ds * load1(q, row + d, s->type);
                    dv_sum[j * width + d] += p * load1(d_o, row + d, d_o_type);
                }
            }
            for (long d = 0; d < width; d++) store1(dq, row + d, s->output_type, dq_sum[d]);
        }
    for (long j = 0; j < s->keys; j++)
        for (long d = 0; d < width; d++) {
            store1(dk, j * s->key_stride + d, s->output_type, dk_sum[j * width + d]);
            store1(dv, j * s->key_stride + d, s->output_type, dv_sum[j * width + d]);
        }
}

void lathe_attention_forward(
    const lathe_attention_shape *shape, const void *q, const void *k, const void *v, void *o, float *lse) {
    forward_scalar(shape, q, k, v, o, lse);
}

void lathe_attention_backward(
    const lathe_attention_shape *shape, long heads, const void *d_o, lathe_type d_o_type, const void *q, const void *k,
    const void *v, const void *o, lathe_type o_type, const float *lse, void *dq, void *dk, void *dv) {
    backward_scalar(shape, heads, d_o, d_o_type, q, k, v, o, o_type, lse, dq, dk, dv);
}
