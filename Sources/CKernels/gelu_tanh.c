// The tanh form of GELU: x·(1 + tanh u)/2 = x·σ(2u), u = √(2/π)·(x + 0.044715·x³).
#ifndef VARIANT
#include "internal.h"

#define TWO_ROOT 1.5957691216057308f
#define CUBIC 0.044715f

static inline float argument(float x) { return TWO_ROOT * (x + CUBIC * x * x * x); }
static inline float slope(float x) { return TWO_ROOT * (1 + 3 * CUBIC * x * x); }

#define NAME lathe_gelu_tanh
#define VARIANT_FILE "gelu_tanh.c"
#else

LATHE_INLINE V VARIANT(argument)(V x) { return v_set1(TWO_ROOT) * (x + v_set1(CUBIC) * x * x * x); }
LATHE_INLINE V VARIANT(slope)(V x) { return v_set1(TWO_ROOT) * (v_set1(1) + v_set1(3 * CUBIC) * x * x); }

#endif
#include "sigmoid_units.h"
