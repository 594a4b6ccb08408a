// Attention of one position over the keys and values before it: generation. Nothing is copied; the cache is read as it lies.
#ifndef VARIANT
#include "internal.h"

static void cached_attention_scalar(
    const lathe_cached_shape *s, long heads, const float *q, const void *k, const void *v, float *o) {
    float *scores = lathe_scratch(0, (size_t)s->keys * 4);
    for (long head = 0; head < heads; head++, q += s->width, o += s->width) {
        float largest = -INFINITY, total = 0;
        for (long j = 0; j < s->keys; j++) {
            float dot = 0;
            for (long d = 0; d < s->width; d++) dot += q[d] * load1(k, j * s->key_stride + d, s->type);
            scores[j] = dot * s->scale;
            if (s->softcap > 0) scores[j] = s->softcap * tanhf(scores[j] / s->softcap);
            if (s->bias) scores[j] += s->bias[head * s->bias_stride + j];
            if (scores[j] > largest || scores[j] != scores[j]) largest = scores[j];
        }
        for (long d = 0; d < s->width; d++) o[d] = 0;
        for (long j = 0; j < s->keys; j++) {
            float p = expf(scores[j] - largest);
            total += p;
            for (long d = 0; d < s->width; d++) o[d] += p * load1(v, j * s->key_stride + d, s->type);
        }
        for (long d = 0; d < s->width; d++) o[d] /= total;
    }
}

#define VARIANT_FILE "cached_attention.c"
#include "variants.h"

void lathe_cached_attention(
    const lathe_cached_shape *shape, long heads, const float *q, const void *k, const void *v, float *o) {
    LATHE_DISPATCH(cached_attention, shape, heads, q, k, v, o);
}

#else

/// Scores of four keys at a time share what is read of q.
LATHE_INLINE void VARIANT(cached_scores)(
    lathe_type type, const lathe_cached_shape *s, const float *q, const void *k, float *scores) {
    for (long j = 0; j < s->keys; j += 4) {
        V sums[4] = {v_set1(0), v_set1(0), v_set1(0), v_set1(0)};
        long rows[4];
        for (int i = 0; i < 4; i++) rows[i] = (j + i < s->keys ? j + i : s->keys - 1) * s->key_stride;
        for (long d = 0; d < s->width; d += LANES) {
            V left = v_load(q, d, LATHE_F32, s->width - d);
            for (int i = 0; i < 4; i++) sums[i] = v_fma(left, v_load(k, rows[i] + d, type, s->width - d), sums[i]);
        }
        _mm_storeu_ps(scores + j, v_sum4(sums[0], sums[1], sums[2], sums[3]) * _mm_set1_ps(s->scale));
    }
}

/// What scores become beyond products: `bias` is this head's, or null.
LATHE_INLINE void VARIANT(cached_changes)(const lathe_cached_shape *s, const float *bias, float *scores) {
    for (long j = 0; s->softcap > 0 && j < s->keys; j += LANES) {
        V score = v_load(scores, j, LATHE_F32, s->keys - j) / v_set1(s->softcap);
        v_store(scores, j, LATHE_F32, v_set1(s->softcap) * v_tanh(score), s->keys - j);
    }
    if (bias) lathe_add(bias, LATHE_F32, scores, LATHE_F32, s->keys);
}

/// `count` times LANES numbers of the weighted sum of values.
LATHE_INLINE void VARIANT(cached_values)(
    lathe_type type, int count, const lathe_cached_shape *s, const float *p, const void *v, float factor, long d, float *o) {
    V even[4], odd[4];
    for (int i = 0; i < count; i++) even[i] = odd[i] = v_set1(0);
    long j = 0;
    for (; j + 2 <= s->keys; j += 2) {
        V first = v_set1(p[j]), second = v_set1(p[j + 1]);
        for (int i = 0; i < count; i++) {
            long place = j * s->key_stride + d + i * LANES, n = s->width - d - i * LANES;
            even[i] = v_fma(first, v_load(v, place, type, n), even[i]);
            odd[i] = v_fma(second, v_load(v, place + s->key_stride, type, n), odd[i]);
        }
    }
    for (int i = 0; i < count; i++) {
        long n = s->width - d - i * LANES;
        if (j < s->keys) even[i] = v_fma(v_set1(p[j]), v_load(v, j * s->key_stride + d + i * LANES, type, n), even[i]);
        v_store(o, d + i * LANES, LATHE_F32, (even[i] + odd[i]) * v_set1(factor), n);
    }
}

LATHE_INLINE void VARIANT(cached_head)(
    lathe_type type, const lathe_cached_shape *s, const float *q, const void *k, const void *v, const float *bias, float *o) {
    float *scores = lathe_scratch(0, (size_t)(s->keys + 3) * 4);  // whole fours are written
    VARIANT(cached_scores)(type, s, q, k, scores);
    VARIANT(cached_changes)(s, bias, scores);
    V most = v_set1(-INFINITY), sum = v_set1(0);
    for (long j = 0; j < s->keys; j += LANES)
        most = v_max(v_keep(v_load(scores, j, LATHE_F32, s->keys - j), s->keys - j, -INFINITY), most);
    V largest = v_set1(v_largest(most));
    for (long j = 0; j < s->keys; j += LANES) {
        V p = v_exp(v_load(scores, j, LATHE_F32, s->keys - j) - largest);
        v_store(scores, j, LATHE_F32, p, s->keys - j);
        sum += v_keep(p, s->keys - j, 0);
    }
    float factor = 1 / v_sum(sum);
    long d = 0;
    for (; d + 3 * LANES < s->width; d += 4 * LANES) VARIANT(cached_values)(type, 4, s, scores, v, factor, d, o);
    for (; d < s->width; d += LANES) VARIANT(cached_values)(type, 1, s, scores, v, factor, d, o);
}

static void VARIANT(cached_attention)(
    const lathe_cached_shape *s, long heads, const float *q, const void *k, const void *v, float *o) {
    for (long head = 0; head < heads; head++, q += s->width, o += s->width) {
        const float *bias = s->bias ? s->bias + head * s->bias_stride : NULL;
        if (s->type == LATHE_F32) VARIANT(cached_head)(LATHE_F32, s, q, k, v, bias, o);
        else VARIANT(cached_head)(LATHE_BF16, s, q, k, v, bias, o);
    }
}

#endif
