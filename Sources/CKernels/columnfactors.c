// A factor for each column of a result, and the norms of a weight's rows that it follows from.
#ifndef VARIANT
#include "internal.h"

static void scale_columns_scalar(
    const void *x, lathe_type x_type, const float *factors, const float *bias, const float *base, void *y,
    lathe_type y_type, long count) {
    for (long i = 0; i < count; i++) {
        float value = load1(x, i, x_type) * factors[i];
        if (bias) value += bias[i];
        if (base) value += base[i];
        store1(y, i, y_type, value);
    }
}

static void multiply_columns_scalar(const void *x, const float *factors, void *y, lathe_type type, long count) {
    for (long i = 0; i < count; i++) store1(y, i, type, load1(y, i, type) * load1(x, i, type) * factors[i]);
}

static float row_norm_scalar(const float *w, const float *factors, const float *a, long rank, long count) {
    float squares = 0;
    for (long i = 0; i < count; i++) {
        float sum = w[i];
        for (long k = 0; k < rank; k++) sum += factors[k] * a[k * count + i];
        squares += sum * sum;
    }
    return sqrtf(squares);
}

#define VARIANT_FILE "columnfactors.c"
#include "variants.h"

void lathe_scale_columns(
    const void *x, lathe_type x_type, const float *factors, const float *bias, const float *base, void *y,
    lathe_type y_type, long count) {
    LATHE_DISPATCH(scale_columns, x, x_type, factors, bias, base, y, y_type, count);
}

void lathe_multiply_columns(const void *x, const float *factors, void *y, lathe_type type, long count) {
    LATHE_DISPATCH(multiply_columns, x, factors, y, type, count);
}

float lathe_row_norm(const float *w, const float *factors, const float *a, long rank, long count) {
    LATHE_DISPATCH(row_norm, w, factors, a, rank, count);
}

#else

static void VARIANT(scale_columns)(
    const void *x, lathe_type x_type, const float *factors, const float *bias, const float *base, void *y,
    lathe_type y_type, long count) {
    for (long i = 0; i < count; i += LANES) {
        long n = count - i;
        V value = v_load(x, i, x_type, n) * v_load(factors, i, LATHE_F32, n);
        if (bias) value = value + v_load(bias, i, LATHE_F32, n);
        if (base) value = value + v_load(base, i, LATHE_F32, n);
        v_store(y, i, y_type, value, n);
    }
}

static void VARIANT(multiply_columns)(const void *x, const float *factors, void *y, lathe_type type, long count) {
    for (long i = 0; i < count; i += LANES) {
        long n = count - i;
        V product = v_load(y, i, type, n) * v_load(x, i, type, n);
        v_store(y, i, type, product * v_load(factors, i, LATHE_F32, n), n);
    }
}

/// Σ sum² of `vectors` vectors of columns from `first` on, added to `squares`.
LATHE_INLINE V VARIANT(column_squares)(
    const float *w, const float *factors, const float *a, long rank, long count, long first, int vectors, V squares) {
    V sums[4];
    for (int v = 0; v < vectors; v++) {
        long i = first + v * LANES;
        sums[v] = v_load(w, i, LATHE_F32, count - i);
    }
    for (long k = 0; k < rank; k++)
        for (int v = 0; v < vectors; v++) {
            long i = first + v * LANES;
            sums[v] = v_fma(v_set1(factors[k]), v_load(a, k * count + i, LATHE_F32, count - i), sums[v]);
        }
    for (int v = 0; v < vectors; v++) squares = v_fma(sums[v], sums[v], squares);
    return squares;
}

static float VARIANT(row_norm)(const float *w, const float *factors, const float *a, long rank, long count) {
    V squares = v_set1(0);
    long i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES)
        squares = VARIANT(column_squares)(w, factors, a, rank, count, i, 4, squares);
    for (; i < count; i += LANES) squares = VARIANT(column_squares)(w, factors, a, rank, count, i, 1, squares);
    return sqrtf(v_sum(squares));
}

#endif
