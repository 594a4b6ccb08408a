// Few rows of fp32 times numbers whose rows stand as columns: every number is read once for four rows. A number of the result sums its
// products in one order, whatever is computed beside it.
#ifndef VARIANT
#include "internal.h"

/// Columns that a pass down the depth takes: four vectors of the widest.
#define TILE 64

static void float_columns_scalar(
    const void *w, lathe_type type, long w_stride, long count, long depth, const float *x, long x_stride, long n, float *y,
    long stride, bool accumulate) {
    for (long i = 0; i < n; i++)
        for (long column = 0; column < count; column++) {
            float sum = 0;
            for (long k = 0; k < depth; k++) sum += load1(w, k * w_stride + column, type) * x[i * x_stride + k];
            float *to = y + i * stride + column;
            *to = accumulate ? *to + sum : sum;
        }
}

#define VARIANT_FILE "float_columns.c"
#include "variants.h"

static void float_columns_of(
    lathe_type type, const void *w, long w_stride, long count, long depth, const float *x, long x_stride, long n, float *y,
    long stride, bool accumulate) {
    LATHE_DISPATCH(float_columns, w, type, w_stride, count, depth, x, x_stride, n, y, stride, accumulate);
}

/// Halves are widened a few rows of a tile at a time: a sum goes on in what it came to before.
#define HALF_ROWS 64

void lathe_float_columns(
    lathe_format format, const void *w, long row_bytes, long count, long depth, const float *x, long n, float *y, long stride,
    bool accumulate) {
    if (format != LATHE_Q_F16) {
        lathe_type type = format == LATHE_Q_F32 ? LATHE_F32 : LATHE_BF16;
        long w_stride = row_bytes / (type == LATHE_F32 ? 4 : 2);
        float_columns_of(type, w, w_stride, count, depth, x, depth, n, y, stride, accumulate);
        return;
    }
    float numbers[HALF_ROWS * TILE];
    for (long column = 0; column < count; column += TILE) {
        long width = count - column < TILE ? count - column : TILE;
        for (long k = 0; k < depth; k += HALF_ROWS) {
            long rows = depth - k < HALF_ROWS ? depth - k : HALF_ROWS;
            for (long row = 0; row < rows; row++)
                lathe_f16_to_f32(
                    (const uint16_t *)((const uint8_t *)w + (k + row) * row_bytes) + column, numbers + row * TILE, width);
            float_columns_of(LATHE_F32, numbers, TILE, width, rows, x + k, depth, n, y + column, stride, accumulate || k > 0);
        }
    }
}

#else

/// `vectors` times LANES columns and `n` rows of x; both known where this is inlined.
LATHE_INLINE void VARIANT(column_tile)(
    int vectors, int n, const void *w, lathe_type type, long w_stride, long count, long depth, const float *x, long x_stride,
    float *y, long stride, bool accumulate) {
    V sums[4][4];
    for (int i = 0; i < n; i++)
        for (int v = 0; v < vectors; v++) sums[i][v] = v_set1(0);
    for (long k = 0; k < depth; k++) {
        V left[4];
        for (int v = 0; v < vectors; v++) left[v] = v_load(w, k * w_stride + v * LANES, type, count - v * LANES);
        for (int i = 0; i < n; i++) {
            V right = v_set1(x[i * x_stride + k]);
            for (int v = 0; v < vectors; v++) sums[i][v] = v_fma(left[v], right, sums[i][v]);
        }
    }
    for (int i = 0; i < n; i++)
        for (int v = 0; v < vectors; v++) {
            float *to = y + i * stride + v * LANES;
            long left = count - v * LANES;
            V sum = accumulate ? sums[i][v] + v_load(to, 0, LATHE_F32, left) : sums[i][v];
            v_store(to, 0, LATHE_F32, sum, left);
        }
}

static void VARIANT(float_columns)(
    const void *w, lathe_type type, long w_stride, long count, long depth, const float *x, long x_stride, long n, float *y,
    long stride, bool accumulate) {
    for (long column = 0; column < count; column += count - column >= 4 * LANES ? 4 * LANES : LANES) {
        const void *from = at(w, column, type);
        long left = count - column;
        for (long i = 0; i < n; i += n - i >= 4 ? 4 : 1) {
            const float *right = x + i * x_stride;
            float *to = y + i * stride + column;
            if (left >= 4 * LANES && n - i >= 4)
                VARIANT(column_tile)(4, 4, from, type, w_stride, left, depth, right, x_stride, to, stride, accumulate);
            else if (left >= 4 * LANES)
                VARIANT(column_tile)(4, 1, from, type, w_stride, left, depth, right, x_stride, to, stride, accumulate);
            else if (n - i >= 4)
                VARIANT(column_tile)(1, 4, from, type, w_stride, left, depth, right, x_stride, to, stride, accumulate);
            else
                VARIANT(column_tile)(1, 1, from, type, w_stride, left, depth, right, x_stride, to, stride, accumulate);
        }
    }
}

#endif
