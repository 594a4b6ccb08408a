// From logits to a token: the likeliest, and how likely the others are beside it.
#ifndef VARIANT
#include "internal.h"

static float largest_scalar(const float *x, long count) {
    float largest = -INFINITY;
    bool is_number = true;
    for (long i = 0; i < count; i++) {
        is_number = is_number && x[i] == x[i];
        if (x[i] > largest) largest = x[i];
    }
    return is_number ? largest : NAN;
}

static void exponentials_scalar(const float *x, float largest, float factor, float *y, long count) {
    for (long i = 0; i < count; i++) y[i] = expf((x[i] - largest) * factor);
}

#define VARIANT_FILE "largest.c"
#include "variants.h"

static float largest(const float *x, long count) { LATHE_DISPATCH(largest, x, count); }

long lathe_first_largest(const float *x, long count) {
    float most = largest(x, count);
    if (!(most < INFINITY) || most == -INFINITY) return -1;
    for (long i = 0; i < count; i++)
        if (x[i] == most) return i;
    return -1;
}

void lathe_exponentials(const float *x, float largest, float factor, float *y, long count) {
    LATHE_DISPATCH(exponentials, x, largest, factor, y, count);
}

#else

static float VARIANT(largest)(const float *x, long count) {
    // Of two operands max gives the second where one is NaN. What is not finite times zero is NaN, and stays in the sum.
    V most = v_set1(-INFINITY), check = v_set1(0);
    for (long i = 0; i < count; i += LANES) {
        V here = v_keep(v_load(x, i, LATHE_F32, count - i), count - i, -INFINITY);
        most = v_max(here, most);
        check += v_max(v_set1(0), here) * v_set1(0);
    }
    return v_sum(check) == 0 ? v_largest(most) : NAN;
}

static void VARIANT(exponentials)(const float *x, float largest, float factor, float *y, long count) {
    for (long i = 0; i < count; i += LANES) {
        V here = (v_load(x, i, LATHE_F32, count - i) - v_set1(largest)) * v_set1(factor);
        v_store(y, i, LATHE_F32, v_exp(here), count - i);
    }
}

#endif
