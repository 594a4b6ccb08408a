// Attention of the query heads that share one key/value head: the queries of one example over its keys, or over another's.
// The scalar twin walks queries one by one with one row of scores; the variants walk square tiles of queries and keys with the
// products of `panelproduct.c`, and rescale the running sum as larger scores appear. Scores, sums and gradients are fp32;
// probabilities enter products in the operands' type.
#ifndef VARIANT
#include "internal.h"

/// The keys that a query at `position` sees: from the first on, and those before the end.
static inline long first_key(const lathe_attention_shape *s, long position) {
    return position > s->before ? at_most(position - s->before, s->keys) : 0;
}
static inline long end_key(const lathe_attention_shape *s, long position) {
    return at_most(position + s->after, s->keys - 1) + 1;
}

/// What a scaled product counts, and by how much that changes with it.
typedef struct { float value, slope; } capped;
static inline capped cap(const lathe_attention_shape *s, float product) {
    if (s->softcap <= 0) return (capped){product, 1};
    float share = tanhf(product / s->softcap);
    return (capped){s->softcap * share, 1 - share * share};
}
/// What is added to that in head `head`, `distance` from query to key.
static inline float bias_of(const lathe_attention_shape *s, long head, long distance) {
    return s->bias ? s->bias[head * s->bias_stride + distance] : 0;
}

static void forward_scalar(
    const lathe_attention_shape *s, long heads, const void *q, const void *k, const void *v, void *o, float *lse) {
    float *scores = lathe_scratch(0, (size_t)(s->keys + s->width) * 4), *sum = scores + s->keys;
    for (long row = 0; row < heads * s->queries; row++) {
        long head = row / s->queries, i = row % s->queries, place = i * s->query_stride + head * s->width;
        long position = s->position + i, first = first_key(s, position), end = end_key(s, position);
        float largest = -INFINITY, total = 0;
        for (long j = first; j < end; j++) {
            float dot = 0;
            for (long d = 0; d < s->width; d++)
                dot += load1(q, place + d, s->type) * load1(k, j * s->key_stride + d, s->type);
            scores[j] = cap(s, dot * s->scale).value + bias_of(s, head, j - position);
            if (scores[j] > largest || scores[j] != scores[j]) largest = scores[j];
        }
        for (long d = 0; d < s->width; d++) sum[d] = 0;
        for (long j = first; j < end; j++) {
            float p = expf(scores[j] - largest);
            total += p;
            for (long d = 0; d < s->width; d++) sum[d] += p * load1(v, j * s->key_stride + d, s->type);
        }
        for (long d = 0; d < s->width; d++) store1(o, place + d, s->output_type, sum[d] / total);
        if (lse) lse[i * s->lse_stride + head] = largest + logf(total);
    }
}

static void backward_scalar(
    const lathe_attention_shape *s, const void *d_o, const void *q, const void *k, const void *v, const void *o,
    const float *lse, float *dq, float *dk, float *dv, long gradient_stride) {
    long width = s->width;
    for (long j = 0; j < s->keys; j++) {
        memset(dk + j * gradient_stride, 0, (size_t)width * 4);
        memset(dv + j * gradient_stride, 0, (size_t)width * 4);
    }
    for (long i = 0; i < s->queries; i++) {
        long position = s->position + i, row = i * s->query_stride, end = end_key(s, position);
        float delta = 0, log_sum = lse[i * s->lse_stride];
        for (long d = 0; d < width; d++) {
            delta += load1(d_o, row + d, s->type) * load1(o, row + d, s->type);
            dq[row + d] = 0;
        }
        for (long j = first_key(s, position); j < end; j++) {
            float dot = 0, dp = 0;
            for (long d = 0; d < width; d++) {
                dot += load1(q, row + d, s->type) * load1(k, j * s->key_stride + d, s->type);
                dp += load1(d_o, row + d, s->type) * load1(v, j * s->key_stride + d, s->type);
            }
            capped score = cap(s, dot * s->scale);
            float p = expf(score.value + bias_of(s, 0, j - position) - log_sum);
            float ds = p * (dp - delta) * s->scale * score.slope;
            for (long d = 0; d < width; d++) {
                dq[row + d] += ds * load1(k, j * s->key_stride + d, s->type);
                dk[j * gradient_stride + d] += ds * load1(q, row + d, s->type);
                dv[j * gradient_stride + d] += p * load1(d_o, row + d, s->type);
            }
        }
    }
}

static inline long tile_side(const lathe_attention_shape *s) { return lathe_attention_tile(s->keys); }

static inline long round_up(long n, long step) { return (n + step - 1) / step * step; }

/// The keys a tile of queries sees, whole tiles of keys.
typedef struct { long first, end; } key_range;

static inline key_range seen_keys(const lathe_attention_shape *s, long side, long query, long count) {
    long position = s->position + query;
    return (key_range){first_key(s, position) / side * side, end_key(s, position + count - 1)};
}

/// Numbers in the panels of a tile of keys or queries: as columns of depth D, or as rows of D columns.
static inline long column_panels(long side, long width) { return side * width; }
static inline long row_panels(long side, long width) { return side * round_up(width, 16); }

static void pack_columns(const void *rows, lathe_type type, long stride, long count, long width, void *panels) {
    for (long column = 0; column < count; column += LATHE_PANEL)
        lathe_panel_from_columns(
            at(rows, column * stride, type), type, stride, at_most(count - column, LATHE_PANEL), width,
            at_mutable(panels, column * width, type));
}

/// Rows past the last are zero.
static void pack_rows(
    const void *rows, lathe_type type, long stride, long count, long side, long width, void *panels) {
    if (count < side) memset(panels, 0, (size_t)row_panels(side, width) * type_size(type));
    lathe_panels_from_rows(rows, type, stride, count, width, panels, side, 0);
}

/// c[rows, columns] (+)= alpha · left · panels, all of one tile; c's rows are `c_stride` apart.
static inline void multiply(
    const lathe_attention_shape *s, const void *left, long stride, const void *panels, long depth, long rows, long columns,
    float alpha, bool accumulate, float *c, long c_stride) {
    lathe_term term = {left, stride, panels, depth};
    lathe_panel_product product = {
        .type = s->type, .rows = rows, .columns = columns, .terms = &term, .term_count = 1, .alpha = alpha,
        .base = accumulate ? c : NULL, .base_stride = c_stride, .output = c, .output_type = LATHE_F32,
        .output_stride = c_stride};
    lathe_multiply_panels(&product);
}

/// Buffers one after the other in a thread's scratch memory.
static void *take(char **place, long count, size_t size) {
    void *result = *place;
    *place += round_up(count * (long)size, 64);
    return result;
}

#define VARIANT_FILE "attention.c"
#define VARIANT_PAIRS
#include "variants.h"

/// Tall tiles make their products efficient, but compute more scores that nobody sees.
long lathe_attention_tile(long keys) { return keys >= 1024 ? 128 : 64; }

void lathe_attention_forward(
    const lathe_attention_shape *shape, long heads, const void *q, const void *k, const void *v, void *o, float *lse) {
    LATHE_DISPATCH_PAIRS(true, forward, shape, heads, q, k, v, o, lse);
}

void lathe_attention_backward(
    const lathe_attention_shape *shape, const void *d_o, const void *q, const void *k, const void *v, const void *o,
    const float *lse, float *dq, float *dk, float *dv, long gradient_stride) {
    LATHE_DISPATCH_PAIRS(true, backward, shape, d_o, q, k, v, o, lse, dq, dk, dv, gradient_stride);
}

#else

/// What the scores `low..<high` of a row become beyond scaled products. `bias` has number 0 for the row's first score, or is null.
LATHE_INLINE void VARIANT(change)(const lathe_attention_shape *s, float *scores, long low, long high, const float *bias) {
    for (long j = low / LANES * LANES; s->softcap > 0 && j < high; j += LANES) {
        V share = v_tanh(v_load(scores, j, LATHE_F32, LANES) / v_set1(s->softcap));
        v_store(scores, j, LATHE_F32, v_set1(s->softcap) * share, LANES);
    }
    for (long j = low / LANES * LANES; bias && j < high; j += LANES) {
        V sum = v_load(scores, j, LATHE_F32, LANES) + v_load(bias, j, LATHE_F32, high - j);
        v_store(scores, j, LATHE_F32, sum, LANES);
    }
}

/// Turns a row of `side` scores into probabilities against the running maximum; says by how much older sums fade.
LATHE_INLINE float VARIANT(soften)(
    float *scores, long side, long low, long high, lathe_type type, void *probabilities, float *largest, float *total) {
    for (long j = 0; j < low; j++) scores[j] = -INFINITY;
    for (long j = high; j < side; j++) scores[j] = -INFINITY;
    V most = v_set1(*largest), sum = v_set1(0);
    for (long j = 0; j < side; j += LANES) most = v_max(v_load(scores, j, LATHE_F32, LANES), most);
    float now = v_largest(most);
    for (long j = 0; j < side; j += LANES) {
        V value = v_exp(v_load(scores, j, LATHE_F32, LANES) - v_set1(now));
        v_store(probabilities, j, type, value, LANES);
        sum += value;
    }
    float fade = now == *largest ? 1 : expf(*largest - now);
    *total = *total * fade + v_sum(sum);
    *largest = now;
    return fade;
}

static void VARIANT(forward)(
    const lathe_attention_shape *s, long heads, const void *q, const void *k, const void *v, void *o, float *lse) {
    long side = tile_side(s), width = s->width, tiles = (s->keys + side - 1) / side, padded = round_up(width, LANES);
    size_t size = type_size(s->type);
    char *place = lathe_scratch(
        0, (size_t)(tiles * (column_panels(side, width) + row_panels(side, width)) + side * side) * size
               + (size_t)(side * (side + padded + 2)) * 4 + 8 * 64);
    char *k_panels = take(&place, tiles * column_panels(side, width), size);
    char *v_panels = take(&place, tiles * row_panels(side, width), size);
    char *p = take(&place, side * side, size);
    float *scores = take(&place, side * side, 4), *sums = take(&place, side * padded, 4);
    float *largest = take(&place, side, 4), *total = take(&place, side, 4);
    for (long tile = 0; tile < tiles; tile++) {
        long key = tile * side, count = at_most(s->keys - key, side);
        const void *k_rows = at(k, key * s->key_stride, s->type), *v_rows = at(v, key * s->key_stride, s->type);
        pack_columns(
            k_rows, s->type, s->key_stride, count, width, k_panels + tile * column_panels(side, width) * (long)size);
        pack_rows(v_rows, s->type, s->key_stride, count, side, width, v_panels + tile * row_panels(side, width) * (long)size);
    }
    for (long head = 0; head < heads; head++)
        for (long query = 0; query < s->queries; query += side) {
            long count = at_most(s->queries - query, side);
            const void *q_rows = at(q, query * s->query_stride + head * width, s->type);
            memset(sums, 0, (size_t)(count * padded) * 4);
            for (long i = 0; i < count; i++) largest[i] = -INFINITY, total[i] = 0;
            key_range range = seen_keys(s, side, query, count);
            for (long key = range.first; key < range.end; key += side) {
                long tile = key / side;
                multiply(
                    s, q_rows, s->query_stride, k_panels + tile * column_panels(side, width) * (long)size, width, count,
                    at_most(s->keys - key, side), s->scale, false, scores, side);
                for (long i = 0; i < count; i++) {
                    long position = s->position + query + i, first = first_key(s, position);
                    long low = first > key ? first - key : 0, high = at_most(end_key(s, position) - key, side);
                    void *row = p + i * side * (long)size;
                    if (high <= low) {
                        memset(row, 0, side * size);
                        continue;
                    }
                    VARIANT(change)(
                        s, scores + i * side, low, high,
                        s->bias ? s->bias + head * s->bias_stride + key - position : NULL);
                    float fade = VARIANT(soften)(scores + i * side, side, low, high, s->type, row, largest + i, total + i);
                    float *sum = sums + i * padded;
                    for (long d = 0; fade != 1 && d < padded; d += LANES)
                        v_store(sum, d, LATHE_F32, v_load(sum, d, LATHE_F32, LANES) * v_set1(fade), LANES);
                }
                multiply(
                    s, p, side, v_panels + tile * row_panels(side, width) * (long)size, side, count, width, 1, true, sums, padded);
            }
            for (long i = 0; i < count; i++) {
                void *row = at_mutable(o, (query + i) * s->output_stride + head * width, s->output_type);
                V factor = v_set1(1 / total[i]);
                for (long d = 0; d < width; d += LANES)
                    v_store(row, d, s->output_type, v_load(sums, i * padded + d, LATHE_F32, LANES) * factor, width - d);
                if (lse) lse[(query + i) * s->lse_stride + head] = largest[i] + logf(total[i]);
            }
        }
}

/// One key's scores and dP of a tile of queries, of which `low..<high` see it: P and dS. `bias` has number 0 for the tile's first
/// query, or is null; `slopes` is room for as many numbers as there are queries.
LATHE_INLINE void VARIANT(steps)(
    const lathe_attention_shape *s, long side, long count, long low, long high, float *scores, const float *dp,
    const float *log_sum, const float *delta, const float *bias, float *slopes, void *p, void *ds) {
    for (long i = 0; s->softcap > 0 && i < count; i += LANES) {
        V share = v_tanh(v_load(scores, i, LATHE_F32, LANES) / v_set1(s->softcap));
        v_store(scores, i, LATHE_F32, v_set1(s->softcap) * share, LANES);
        v_store(slopes, i, LATHE_F32, v_set1(s->scale) * (v_set1(1) - share * share), LANES);
    }
    // Past the last query there are no scores.
    for (long i = count; s->softcap > 0 && i < side; i++) slopes[i] = 0;
    for (long i = 0; bias && i < count; i += LANES) {
        V sum = v_load(scores, i, LATHE_F32, LANES) + v_load(bias, i, LATHE_F32, count - i);
        v_store(scores, i, LATHE_F32, sum, LANES);
    }
    for (long i = 0; i < side; i++)
        if (i < low || i >= high) scores[i] = -INFINITY;
    for (long i = 0; i < side; i += LANES) {
        V value = v_exp(v_load(scores, i, LATHE_F32, LANES) - v_load(log_sum, i, LATHE_F32, LANES));
        V step = v_load(dp, i, LATHE_F32, LANES) - v_load(delta, i, LATHE_F32, LANES);
        V slope = s->softcap > 0 ? v_load(slopes, i, LATHE_F32, LANES) : v_set1(s->scale);
        v_store(p, i, s->type, value, LANES);
        v_store(ds, i, s->type, value * step * slope, LANES);
    }
}

/// With P the probabilities, dP = dO·Vᵀ and δ = Σ dO·O: dS = P·(dP − δ)·scale, dV += Pᵀ·dO, dK += dSᵀ·Q, dQ += dS·K.
/// Tiles are kept transposed, keys by queries: then P and dS are left operands as they stand, and dQᵀ = Kᵀ·dSᵀ.
static void VARIANT(backward)(
    const lathe_attention_shape *s, const void *d_o, const void *q, const void *k, const void *v, const void *o,
    const float *lse, float *dq, float *dk, float *dv, long gradient_stride) {
    long side = tile_side(s), width = s->width, tiles = (s->keys + side - 1) / side, wide = round_up(width, 16);
    long distances = s->bias ? s->keys + s->position + s->queries : 0;
    size_t size = type_size(s->type);
    char *place = lathe_scratch(
        0, (size_t)(tiles * width * side + 2 * column_panels(side, width) + 2 * row_panels(side, width) + 4 * side * side) * size
               + (size_t)(2 * side * side + wide * side + 3 * side + distances) * 4 + 16 * 64);
    char *k_turned = take(&place, tiles * width * side, size);  // [tile][D][side]
    char *q_columns = take(&place, column_panels(side, width), size), *do_columns = take(&place, column_panels(side, width), size);
    char *q_rows = take(&place, row_panels(side, width), size), *do_rows = take(&place, row_panels(side, width), size);
    char *p = take(&place, side * side, size), *ds = take(&place, side * side, size);
    char *ds_panels = take(&place, row_panels(side, side), size);
    float *scores = take(&place, side * side, 4), *dp = take(&place, side * side, 4), *dq_turned = take(&place, wide * side, 4);
    float *delta = take(&place, side, 4), *log_sum = take(&place, side, 4), *slopes = take(&place, side, 4);
    // From the distance −(keys − 1) on, of a key to a query: in a tile's rows queries follow one another.
    float *turned_bias = take(&place, distances, 4);
    for (long i = 0; i < distances - 1; i++) turned_bias[i] = s->bias[s->keys - 1 - i];
    for (long tile = 0; tile < tiles; tile++) {
        long key = tile * side, count = at_most(s->keys - key, side);
        char *turned = k_turned + tile * width * side * (long)size;
        if (count < side) memset(turned, 0, (size_t)(width * side) * size);
        lathe_transpose(at(k, key * s->key_stride, s->type), s->type, s->key_stride, count, width, turned, side);
    }
    for (long j = 0; j < s->keys; j++) {
        memset(dk + j * gradient_stride, 0, (size_t)width * 4);
        memset(dv + j * gradient_stride, 0, (size_t)width * 4);
    }
    // Columns past a tile's last query are multiplied by probabilities of zero: they must be numbers.
    memset(dp, 0, side * side * 4);
    for (long query = 0; query < s->queries; query += side) {
        long count = at_most(s->queries - query, side), start = query * s->query_stride;
        const void *q_tile = at(q, start, s->type), *do_tile = at(d_o, start, s->type);
        pack_columns(q_tile, s->type, s->query_stride, count, width, q_columns);
        pack_columns(do_tile, s->type, s->query_stride, count, width, do_columns);
        pack_rows(q_tile, s->type, s->query_stride, count, side, width, q_rows);
        pack_rows(do_tile, s->type, s->query_stride, count, side, width, do_rows);
        memset(dq_turned, 0, (size_t)(width * side) * 4);
        for (long i = 0; i < side; i++) {
            V sum = v_set1(0);
            for (long d = 0; i < count && d < width; d += LANES)
                sum = v_fma(
                    v_load(do_tile, i * s->query_stride + d, s->type, width - d),
                    v_load(o, start + i * s->query_stride + d, s->type, width - d), sum);
            delta[i] = v_sum(sum);
            log_sum[i] = i < count ? lse[(query + i) * s->lse_stride] : 0;
        }
        long first_position = s->position + query;
        key_range range = seen_keys(s, side, query, count);
        for (long key = range.first; key < range.end; key += side) {
            long keys = at_most(s->keys - key, side), key_row = key * s->key_stride;
            multiply(s, at(k, key_row, s->type), s->key_stride, q_columns, width, keys, count, s->scale, false, scores, side);
            multiply(s, at(v, key_row, s->type), s->key_stride, do_columns, width, keys, count, 1, false, dp, side);
            for (long j = 0; j < keys; j++) {
                // Queries `low..<high` of the tile see key `key + j`, `ahead` places after the first of them.
                long ahead = key + j - first_position, low = ahead > s->after ? ahead - s->after : 0;
                long high = at_most(ahead + s->before, count - 1) + 1;
                VARIANT(steps)(
                    s, side, count, low, high, scores + j * side, dp + j * side, log_sum, delta,
                    s->bias ? turned_bias + s->keys - 1 - ahead : NULL, slopes, p + j * side * (long)size,
                    ds + j * side * (long)size);
            }
            float *dk_tile = dk + key * gradient_stride, *dv_tile = dv + key * gradient_stride;
            multiply(s, p, side, do_rows, side, keys, width, 1, true, dv_tile, gradient_stride);
            multiply(s, ds, side, q_rows, side, keys, width, 1, true, dk_tile, gradient_stride);
            pack_rows(ds, s->type, side, keys, side, side, ds_panels);
            multiply(
                s, k_turned + key / side * width * side * (long)size, side, ds_panels, side, width, side, 1, true, dq_turned,
                side);
        }
        lathe_transpose(dq_turned, LATHE_F32, side, width, count, dq + start, s->query_stride);
    }
}

#endif
