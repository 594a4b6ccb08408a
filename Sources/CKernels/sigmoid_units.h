// Activations of the form x · σ(a(x)), where a file says a(x) and its slope: `argument` and `slope` of one number, and both as
// `VARIANT(…)` of many. Included as `activation.h` is.
//
// act'(x) = σ · (1 + x·(1 − σ)·a')
#ifndef VARIANT

static inline float sigmoid(float x) { return 1 / (1 + expf(-argument(x))); }

static inline float times_value(float d, float x) { return d * x * sigmoid(x); }

static inline float times_slope(float d, float x) {
    float s = sigmoid(x);
    return d * s * (1 + x * (1 - s) * slope(x));
}

#else

LATHE_INLINE V VARIANT(sigmoid)(V x) { return v_set1(1) / (v_set1(1) + v_exp(v_set1(0) - VARIANT(argument)(x))); }

LATHE_INLINE V VARIANT(times_value)(V d, V x) { return d * x * VARIANT(sigmoid)(x); }

LATHE_INLINE V VARIANT(times_slope)(V d, V x) {
    V one = v_set1(1), s = VARIANT(sigmoid)(x);
    return d * s * (one + x * (one - s) * VARIANT(slope)(x));
}

#endif
#include "activation.h"
