// Sums, scales and searches over plain runs of numbers.
#ifndef VARIANT
#include "internal.h"

static void add_scalar(const void *x, lathe_type x_type, void *y, lathe_type y_type, long count) {
    for (long i = 0; i < count; i++) store1(y, i, y_type, load1(y, i, y_type) + load1(x, i, x_type));
}

static void scale_scalar(void *x, lathe_type type, float factor, long count) {
    for (long i = 0; i < count; i++) store1(x, i, type, load1(x, i, type) * factor);
}

static float dot_scalar(const float *x, const float *y, long count) {
    float sum = 0;
    for (long i = 0; i < count; i++) sum += x[i] * y[i];
    return sum;
}

#define VARIANT_FILE "elements.c"
#include "variants.h"

void lathe_add(const void *x, lathe_type x_type, void *y, lathe_type y_type, long count) {
    LATHE_DISPATCH(add, x, x_type, y, y_type, count);
}

void lathe_scale(void *x, lathe_type type, float factor, long count) { LATHE_DISPATCH(scale, x, type, factor, count); }

/// In eight running sums, the same ones on every instruction set: the clipping norm must not depend on it.
double lathe_sum_of_squares(const float *x, long count) {
    double sums[8] = {0};
    long i = 0;
    for (; i + 8 <= count; i += 8)
        for (int lane = 0; lane < 8; lane++) sums[lane] += (double)x[i + lane] * (double)x[i + lane];
    for (int lane = 0; i < count; i++, lane++) sums[lane] += (double)x[i] * (double)x[i];
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

long lathe_first_non_finite(const float *x, long count) {
    for (long start = 0; start < count; start += 256) {
        long end = start + 256 < count ? start + 256 : count;
        uint32_t bad = 0;
        for (long i = start; i < end; i++) bad |= (float_to_bits(x[i]) & 0x7f800000) == 0x7f800000;
        for (long i = start; bad && i < end; i++)
            if ((float_to_bits(x[i]) & 0x7f800000) == 0x7f800000) return i;
    }
    return -1;
}

float lathe_dot(const float *x, const float *y, long count) { LATHE_DISPATCH(dot, x, y, count); }

#else

static void VARIANT(add)(const void *x, lathe_type x_type, void *y, lathe_type y_type, long count) {
    for (long i = 0; i < count; i += LANES)
        v_store(y, i, y_type, v_load(y, i, y_type, count - i) + v_load(x, i, x_type, count - i), count - i);
}

static void VARIANT(scale)(void *x, lathe_type type, float factor, long count) {
    for (long i = 0; i < count; i += LANES)
        v_store(x, i, type, v_load(x, i, type, count - i) * v_set1(factor), count - i);
}

static float VARIANT(dot)(const float *x, const float *y, long count) {
    V even = v_set1(0), odd = v_set1(0);
    long i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        even = v_fma(v_load(x, i, LATHE_F32, LANES), v_load(y, i, LATHE_F32, LANES), even);
        odd = v_fma(v_load(x, i + LANES, LATHE_F32, LANES), v_load(y, i + LANES, LATHE_F32, LANES), odd);
    }
    for (; i < count; i += LANES)
        even = v_fma(v_load(x, i, LATHE_F32, count - i), v_load(y, i, LATHE_F32, count - i), even);
    return v_sum(even + odd);
}

#endif
