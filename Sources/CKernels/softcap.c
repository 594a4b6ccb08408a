// Numbers drawn into ±cap: y = cap · tanh(x / cap), whose slope is 1 − (y / cap)².
#ifndef VARIANT
#include "internal.h"

static void forward_scalar(float *x, float cap, long count) {
    for (long i = 0; i < count; i++) x[i] = cap * tanhf(x[i] / cap);
}

/// What is not within the cap, as −∞ in the place of a number that is left out, has no slope.
static void slopes_scalar(const float *y, float cap, void *x, lathe_type type, long count) {
    for (long i = 0; i < count; i++) {
        float share = y[i] / cap, slope = 1 - share * share;
        store1(x, i, type, load1(x, i, type) * (slope > 0 ? slope : 0));
    }
}

#define VARIANT_FILE "softcap.c"
#include "variants.h"

void lathe_softcap(float *x, float cap, long count) { LATHE_DISPATCH(forward, x, cap, count); }

void lathe_softcap_slopes(const float *y, float cap, void *x, lathe_type type, long count) {
    LATHE_DISPATCH(slopes, y, cap, x, type, count);
}

#else

static void VARIANT(forward)(float *x, float cap, long count) {
    for (long i = 0; i < count; i += LANES) {
        V doubled = v_load(x, i, LATHE_F32, count - i) * v_set1(2 / cap);
        V tanh = v_set1(1) - v_set1(2) / (v_exp(doubled) + v_set1(1));
        v_store(x, i, LATHE_F32, v_set1(cap) * tanh, count - i);
    }
}

static void VARIANT(slopes)(const float *y, float cap, void *x, lathe_type type, long count) {
    for (long i = 0; i < count; i += LANES) {
        V share = v_load(y, i, LATHE_F32, count - i) * v_set1(1 / cap);
        V slope = v_max(v_set1(1) - share * share, v_set1(0));
        v_store(x, i, type, v_load(x, i, type, count - i) * slope, count - i);
    }
}

#endif
