// GELU: x · Φ(x), Φ(x) = (1 + erf(x/√2))/2, and x · φ(x) in its slope.
//
// Both come from one e^(−x²/2): Φ(−|x|) = e^(−x²/2) · t·P(t), t = 1/(1 + 0.26·|x|), with P fitted to a relative error of 3·10⁻⁸, so that
// the tails are as exact as the middle.
#ifndef VARIANT
#include "internal.h"

#define TAIL_POLYNOMIAL(fma, set1, t)                                                                               \
    fma(fma(fma(fma(fma(fma(fma(fma(set1(0.030230050f), t, set1(-0.151493160f)), t, set1(0.248730470f)), t,         \
                            set1(-0.147786100f)), t, set1(0.158756450f)), t, set1(0.051965833f)), t,                \
                set1(0.102788420f)), t, set1(0.103051014f)), t, set1(0.103757020f))
#define TAIL_STEP 0.26f
#define ROOT_OF_TWO 1.41421356f
#define DENSITY_AT_0 0.39894228f

static inline float normal(float x) { return 0.5f * erfcf(-x / ROOT_OF_TWO); }
static inline float times_value(float d, float x) { return d * x * normal(x); }
static inline float times_slope(float d, float x) {
    return d * (normal(x) + x * DENSITY_AT_0 * expf(-0.5f * x * x));
}

#define NAME lathe_gelu
#define VARIANT_FILE "gelu.c"
#else

/// e^(−x²/2).
LATHE_INLINE V VARIANT(bell)(V x) { return v_exp(v_set1(-0.5f) * x * x); }

/// Φ(x), from e^(−x²/2).
LATHE_INLINE V VARIANT(normal)(V x, V bell) {
    V size = v_max(v_set1(0) - x, x), t = v_set1(1) / (v_set1(1) + v_set1(TAIL_STEP) * size);
    V tail = bell * t * TAIL_POLYNOMIAL(v_fma, v_set1, t);
    return tail + v_where_positive(x, v_set1(1) - tail - tail);
}

LATHE_INLINE V VARIANT(times_value)(V d, V x) { return d * x * VARIANT(normal)(x, VARIANT(bell)(x)); }

LATHE_INLINE V VARIANT(times_slope)(V d, V x) {
    V bell = VARIANT(bell)(x);
    return d * (VARIANT(normal)(x, bell) + x * v_set1(DENSITY_AT_0) * bell);
}

#endif
#include "activation.h"
