// Rows of numbers times few rows of fp32: every weight is read once for all of them. A number of the result sums its products
// in one order, whatever is computed beside it.
#ifndef VARIANT
#include "internal.h"

static void float_rows_scalar(
    const void *const *rows, lathe_type type, long count, long columns, const float *x, long n, float *y, long stride,
    bool accumulate) {
    for (long row = 0; row < count; row++)
        for (long i = 0; i < n; i++) {
            float sum = 0;
            for (long k = 0; k < columns; k++) sum += load1(rows[row], k, type) * x[i * columns + k];
            float *to = y + i * stride + row;
            *to = accumulate ? *to + sum : sum;
        }
}

#define VARIANT_FILE "float_rows.c"
#include "variants.h"

void lathe_float_rows(
    const void *const *rows, lathe_type type, long count, long columns, const float *x, long n, float *y, long stride,
    bool accumulate) {
    LATHE_DISPATCH(float_rows, rows, type, count, columns, x, n, y, stride, accumulate);
}

#else

/// `rows` weight rows times `n` rows of x; both known where this is inlined. The memory is asked meanwhile for the rows of `ahead`,
/// which come next.
LATHE_INLINE void VARIANT(float_tile)(
    int rows, int n, const void *const *from, const void *const *ahead, lathe_type type, long columns, const float *x, float *y,
    long stride, bool accumulate) {
    const long width = type == LATHE_F32 ? 4 : 2;
    V sums[4][4];
    for (int row = 0; row < rows; row++)
        for (int i = 0; i < n; i++) sums[row][i] = v_set1(0);
    for (long k = 0; k < columns; k += LANES) {
        if (ahead && k * width % 64 == 0)
            for (int row = 0; row < rows; row++) __builtin_prefetch((const uint8_t *)ahead[row] + k * width);
        V right[4];
        for (int i = 0; i < n; i++) right[i] = v_load(x, i * columns + k, LATHE_F32, columns - k);
        for (int row = 0; row < rows; row++) {
            V left = v_load(from[row], k, type, columns - k);
            for (int i = 0; i < n; i++) sums[row][i] = v_fma(left, right[i], sums[row][i]);
        }
    }
    for (int row = 0; row < rows; row++)
        for (int i = 0; i < n; i++) {
            float *to = y + i * stride + row, sum = v_sum(sums[row][i]);
            *to = accumulate ? *to + sum : sum;
        }
}

LATHE_INLINE void VARIANT(float_rows_of)(
    lathe_type type, const void *const *rows, long count, long columns, const float *x, long n, float *y, long stride,
    bool accumulate) {
    for (long row = 0; row < count; row += row + 4 <= count ? 4 : 1)
        for (long i = 0; i < n; i += i + 4 <= n ? 4 : 1) {
            const float *right = x + i * columns;
            float *to = y + i * stride + row;
            const void *const *ahead = i == 0 && row + 8 <= count ? rows + row + 4 : NULL;
            if (row + 4 <= count && i + 4 <= n)
                VARIANT(float_tile)(4, 4, rows + row, ahead, type, columns, right, to, stride, accumulate);
            else if (row + 4 <= count)
                VARIANT(float_tile)(4, 1, rows + row, ahead, type, columns, right, to, stride, accumulate);
            else if (i + 4 <= n)
                VARIANT(float_tile)(1, 4, rows + row, NULL, type, columns, right, to, stride, accumulate);
            else
                VARIANT(float_tile)(1, 1, rows + row, NULL, type, columns, right, to, stride, accumulate);
        }
}

static void VARIANT(float_rows)(
    const void *const *rows, lathe_type type, long count, long columns, const float *x, long n, float *y, long stride,
    bool accumulate) {
    if (type == LATHE_F32) VARIANT(float_rows_of)(LATHE_F32, rows, count, columns, x, n, y, stride, accumulate);
    else VARIANT(float_rows_of)(LATHE_BF16, rows, count, columns, x, n, y, stride, accumulate);
}

#endif
