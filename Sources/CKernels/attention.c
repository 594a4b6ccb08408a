// Causal attention of the query heads that share one key/value head, over one example.
// The scalar twin walks queries one by one with one row of scores; the variants walk tiles of TILE queries × TILE keys, all in
// fp32, padded with zeros to whole vectors, and rescale the running sum as larger scores appear.
#ifndef VARIANT
#include "internal.h"

static inline long first_key(const lathe_attention_shape *s, long position) {
    return s->window > 0 && position - s->window + 1 > 0 ? position - s->window + 1 : 0;
}

static void forward_scalar(
    const lathe_attention_shape *s, long heads, const void *q, const void *k, const void *v, void *o, float *lse) {
    float *scores = lathe_scratch(0, (size_t)(s->keys + s->width) * 4), *sum = scores + s->keys;
    for (long row = 0; row < heads * s->queries; row++) {
        long head = row / s->queries, i = row % s->queries, place = i * s->query_stride + head * s->width;
        long position = s->keys - s->queries + i, first = first_key(s, position);
        float largest = -INFINITY, total = 0;
        for (long j = first; j <= position; j++) {
            float dot = 0;
            for (long d = 0; d < s->width; d++)
                dot += load1(q, place + d, s->type) * load1(k, j * s->key_stride + d, s->type);
            scores[j] = dot * s->scale;
            if (scores[j] > largest || scores[j] != scores[j]) largest = scores[j];
        }
        for (long d = 0; d < s->width; d++) sum[d] = 0;
        for (long j = first; j <= position; j++) {
            float p = expf(scores[j] - largest);
            total += p;
            for (long d = 0; d < s->width; d++) sum[d] += p * load1(v, j * s->key_stride + d, s->type);
        }
        for (long d = 0; d < s->width; d++) store1(o, place + d, s->output_type, sum[d] / total);
        if (lse) lse[i * s->lse_stride + head] = largest + logf(total);
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

enum { TILE = 64 };

static inline long round_up(long n, long step) { return (n + step - 1) / step * step; }

/// The keys a tile of queries sees, whole tiles of keys.
typedef struct { long first, end; } key_range;

static inline key_range seen_keys(const lathe_attention_shape *s, long query, long count) {
    long position = s->keys - s->queries + query;
    return (key_range){first_key(s, position) / TILE * TILE, position + count};
}

/// The columns `low..<high` of a tile of scores that row `i` of the tile sees.
static inline void visible(const lathe_attention_shape *s, long query, long key, long *low, long *high) {
    long position = s->keys - s->queries + query, first = first_key(s, position);
    *low = first > key ? first - key : 0;
    *high = position + 1 - key < TILE ? position + 1 - key : TILE;
    if (query >= s->queries || *high < *low) *high = *low = 0;
}

/// Scores outside `low..<high` become −∞, whose exp is zero.
static inline void hide(float *row, long low, long high) {
    for (long j = 0; j < low; j++) row[j] = -INFINITY;
    for (long j = high; j < TILE; j++) row[j] = -INFINITY;
}

#define VARIANT_FILE "attention.c"
#include "variants.h"

void lathe_attention_forward(
    const lathe_attention_shape *shape, long heads, const void *q, const void *k, const void *v, void *o, float *lse) {
    LATHE_DISPATCH(forward, shape, heads, q, k, v, o, lse);
}

void lathe_attention_backward(
    const lathe_attention_shape *shape, long heads, const void *d_o, lathe_type d_o_type, const void *q, const void *k,
    const void *v, const void *o, lathe_type o_type, const float *lse, void *dq, void *dk, void *dv) {
    LATHE_DISPATCH(backward, shape, heads, d_o, d_o_type, q, k, v, o, o_type, lse, dq, dk, dv);
}

#else

#undef MR
#define MR (LANES == 16 ? 8 : 4)

/// c[MR × nv·LANES] (+)= a · b, a read by (row, column) strides.
LATHE_INLINE void VARIANT(block)(
    int nv, const float *a, long a_row, long a_column, const float *b, long b_row, float *c, long c_row, long depth,
    bool accumulate) {
    V sums[8][2];
    for (int m = 0; m < MR; m++)
        for (int n = 0; n < nv; n++)
            sums[m][n] = accumulate ? v_load(c, m * c_row + n * LANES, LATHE_F32, LANES) : v_set1(0);
    for (long i = 0; i < depth; i++, a += a_column, b += b_row) {
        V right[2];
        for (int n = 0; n < nv; n++) right[n] = v_load(b, n * LANES, LATHE_F32, LANES);
        for (int m = 0; m < MR; m++) {
            V left = v_set1(a[m * a_row]);
            for (int n = 0; n < nv; n++) sums[m][n] = v_fma(left, right[n], sums[m][n]);
        }
    }
    for (int m = 0; m < MR; m++)
        for (int n = 0; n < nv; n++) v_store(c, m * c_row + n * LANES, LATHE_F32, sums[m][n], LANES);
}

/// c[m × n] (+)= a[m × depth] · b[depth × n]; m is a multiple of MR, n of LANES.
static void VARIANT(multiply)(
    const float *a, long a_row, long a_column, const float *b, long b_row, float *c, long c_row, long m, long n, long depth,
    bool accumulate) {
    long column = 0;
    for (; column + 2 * LANES <= n; column += 2 * LANES)
        for (long row = 0; row < m; row += MR)
            VARIANT(block)(
                2, a + row * a_row, a_row, a_column, b + column, b_row, c + row * c_row + column, c_row, depth, accumulate);
    if (column < n)
        for (long row = 0; row < m; row += MR)
            VARIANT(block)(
                1, a + row * a_row, a_row, a_column, b + column, b_row, c + row * c_row + column, c_row, depth, accumulate);
}

/// `count` strided rows as fp32 times `factor`, padded with zeros to `rows` × `padded` numbers.
static void VARIANT(gather)(
    const void *from, lathe_type type, long stride, long count, long rows, long width, long padded, float factor, float *to) {
    for (long row = 0; row < count; row++, to += padded)
        for (long d = 0; d < padded; d += LANES)
            v_store(to, d, LATHE_F32, v_load(from, row * stride + d, type, width - d) * v_set1(factor), LANES);
    memset(to, 0, (size_t)((rows - count) * padded) * 4);
}

/// Tiles of TILE rows, each transposed: `[rows / TILE][width][TILE]`.
static void VARIANT(transpose)(const float *from, long rows, long width, long padded, float *to) {
    for (long tile = 0; tile < rows; tile += TILE, to += width * TILE)
        for (long d = 0; d < width; d++)
            for (long j = 0; j < TILE; j++) to[d * TILE + j] = from[(tile + j) * padded + d];
}

/// Writes `count` rows back, times `factor`.
static void VARIANT(scatter)(
    const float *from, long padded, long count, long width, float factor, void *to, lathe_type type, long stride) {
    for (long row = 0; row < count; row++)
        for (long d = 0; d < width; d += LANES)
            v_store(to, row * stride + d, type, v_load(from, row * padded + d, LATHE_F32, LANES) * v_set1(factor), width - d);
}

static void VARIANT(forward)(
    const lathe_attention_shape *s, long heads, const void *q, const void *k, const void *v, void *o, float *lse) {
    long width = s->width, padded = round_up(width, LANES), keys = round_up(s->keys, TILE);
    float *k_rows = lathe_scratch(0, (size_t)(keys * (2 * padded + width) + TILE * (2 * padded + TILE + 2)) * 4);
    float *v_rows = k_rows + keys * padded, *q_tile = v_rows + keys * padded, *o_tile = q_tile + TILE * padded;
    float *p = o_tile + TILE * padded, *largest = p + TILE * TILE, *total = largest + TILE, *k_tiles = total + TILE;
    VARIANT(gather)(k, s->type, s->key_stride, s->keys, keys, width, padded, 1, k_rows);
    VARIANT(gather)(v, s->type, s->key_stride, s->keys, keys, width, padded, 1, v_rows);
    VARIANT(transpose)(k_rows, keys, width, padded, k_tiles);

    for (long head = 0; head < heads; head++)
        for (long query = 0; query < s->queries; query += TILE) {
            long count = s->queries - query < TILE ? s->queries - query : TILE, rows = round_up(count, MR);
            long place = query * s->query_stride + head * width;
            VARIANT(gather)(at(q, place, s->type), s->type, s->query_stride, count, rows, width, padded, s->scale, q_tile);
            memset(o_tile, 0, (size_t)(rows * padded) * 4);
            for (long i = 0; i < rows; i++) largest[i] = -INFINITY, total[i] = 0;
            key_range range = seen_keys(s, query, count);
            for (long key = range.first; key < range.end; key += TILE) {
                VARIANT(multiply)(q_tile, padded, 1, k_tiles + key * width, TILE, p, TILE, rows, TILE, width, false);
                for (long i = 0; i < rows; i++) {
                    long low, high;
                    visible(s, query + i, key, &low, &high);
                    float *row = p + i * TILE;
                    if (low == high) {
                        memset(row, 0, TILE * 4);
                        continue;
                    }
                    hide(row, low, high);
                    V most = v_set1(largest[i]), sum = v_set1(0);
                    for (long j = 0; j < TILE; j += LANES) most = v_max(v_load(row, j, LATHE_F32, LANES), most);
                    float now = v_largest(most);
                    for (long j = 0; j < TILE; j += LANES) {
                        V value = v_exp(v_load(row, j, LATHE_F32, LANES) - v_set1(now));
                        v_store(row, j, LATHE_F32, value, LANES);
                        sum += value;
                    }
                    float fade = now == largest[i] ? 1 : expf(largest[i] - now);
                    total[i] = total[i] * fade + v_sum(sum);
                    largest[i] = now;
                    float *sums = o_tile + i * padded;
                    for (long d = 0; fade != 1 && d < padded; d += LANES)
                        v_store(sums, d, LATHE_F32, v_load(sums, d, LATHE_F32, LANES) * v_set1(fade), LANES);
                }
                VARIANT(multiply)(p, TILE, 1, v_rows + key * padded, padded, o_tile, padded, rows, padded, TILE, true);
            }
            for (long i = 0; i < count; i++) {
                VARIANT(scatter)(
                    o_tile + i * padded, padded, 1, width, 1 / total[i],
                    at_mutable(o, (query + i) * s->output_stride + head * width, s->output_type), s->output_type, 0);
                if (lse) lse[(query + i) * s->lse_stride + head] = largest[i] + logf(total[i]);
            }
        }
}

/// With P the probabilities, dP = dO·Vᵀ and δ = Σ dO·O: dS = P·(dP − δ), dV += Pᵀ·dO, dK += dSᵀ·Q, dQ += dS·K.
static void VARIANT(backward)(
    const lathe_attention_shape *s, long heads, const void *d_o, lathe_type d_o_type, const void *q, const void *k,
    const void *v, const void *o, lathe_type o_type, const float *lse, void *dq, void *dk, void *dv) {
    long width = s->width, padded = round_up(width, LANES), keys = round_up(s->keys, TILE);
    float *k_rows = lathe_scratch(0, (size_t)(keys * (3 * padded + 2 * width) + TILE * (3 * padded + 2 * TILE)) * 4);
    float *dk_rows = k_rows + keys * padded, *dv_rows = dk_rows + keys * padded, *q_tile = dv_rows + keys * padded;
    float *do_tile = q_tile + TILE * padded, *dq_tile = do_tile + TILE * padded, *p = dq_tile + TILE * padded;
    float *ds = p + TILE * TILE, *k_tiles = ds + TILE * TILE, *v_tiles = k_tiles + keys * width;
    VARIANT(gather)(v, s->type, s->key_stride, s->keys, keys, width, padded, 1, k_rows);
    VARIANT(transpose)(k_rows, keys, width, padded, v_tiles);
    VARIANT(gather)(k, s->type, s->key_stride, s->keys, keys, width, padded, 1, k_rows);
    VARIANT(transpose)(k_rows, keys, width, padded, k_tiles);
    memset(dk_rows, 0, (size_t)(2 * keys * padded) * 4);

    for (long head = 0; head < heads; head++)
        for (long query = 0; query < s->queries; query += TILE) {
            long count = s->queries - query < TILE ? s->queries - query : TILE, rows = round_up(count, MR);
            long place = query * s->query_stride + head * width;
            VARIANT(gather)(at(q, place, s->type), s->type, s->query_stride, count, rows, width, padded, s->scale, q_tile);
            VARIANT(gather)(at(d_o, place, d_o_type), d_o_type, s->query_stride, count, rows, width, padded, 1, do_tile);
            memset(dq_tile, 0, (size_t)(rows * padded) * 4);
            float delta[TILE], log_sum[TILE];
            for (long i = 0; i < rows; i++) {
                V sum = v_set1(0);
                for (long d = 0; i < count && d < width; d += LANES)
                    sum = v_fma(
                        v_load(do_tile, i * padded + d, LATHE_F32, LANES),
                        v_load(o, place + i * s->query_stride + d, o_type, width - d), sum);
                delta[i] = v_sum(sum);
                log_sum[i] = i < count ? lse[(query + i) * s->lse_stride + head] : 0;
            }
            key_range range = seen_keys(s, query, count);
            for (long key = range.first; key < range.end; key += TILE) {
                VARIANT(multiply)(q_tile, padded, 1, k_tiles + key * width, TILE, p, TILE, rows, TILE, width, false);
                VARIANT(multiply)(do_tile, padded, 1, v_tiles + key * width, TILE, ds, TILE, rows, TILE, width, false);
                for (long i = 0; i < rows; i++) {
                    long low, high;
                    visible(s, query + i, key, &low, &high);
                    hide(p + i * TILE, low, high);
                    for (long j = 0; j < TILE; j += LANES) {
                        V value = v_exp(v_load(p, i * TILE + j, LATHE_F32, LANES) - v_set1(log_sum[i]));
                        V dp = v_load(ds, i * TILE + j, LATHE_F32, LANES);
                        v_store(p, i * TILE + j, LATHE_F32, value, LANES);
                        v_store(ds, i * TILE + j, LATHE_F32, value * (dp - v_set1(delta[i])), LANES);
                    }
                }
                VARIANT(multiply)(p, 1, TILE, do_tile, padded, dv_rows + key * padded, padded, TILE, padded, rows, true);
                VARIANT(multiply)(ds, 1, TILE, q_tile, padded, dk_rows + key * padded, padded, TILE, padded, rows, true);
                VARIANT(multiply)(ds, TILE, 1, k_rows + key * padded, padded, dq_tile, padded, rows, padded, TILE, true);
            }
            VARIANT(scatter)(
                dq_tile, padded, count, width, s->scale, at_mutable(dq, place, s->output_type), s->output_type, s->query_stride);
        }
    VARIANT(scatter)(dk_rows, padded, s->keys, width, 1, dk, s->output_type, s->key_stride);
    VARIANT(scatter)(dv_rows, padded, s->keys, width, 1, dv, s->output_type, s->key_stride);
}

#endif
