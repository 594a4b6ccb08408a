// y = gelu(g) · up, with the tanh form of GELU: g·(1 + tanh u)/2 = g·σ(2u), u = √(2/π)·(g + 0.044715·g³).
#ifndef VARIANT
#include "internal.h"

#define TWO_ROOT 1.5957691216057308f
#define CUBIC 0.044715f

static inline float argument(float g) { return TWO_ROOT * (g + CUBIC * g * g * g); }
static inline float slope(float g) { return TWO_ROOT * (1 + 3 * CUBIC * g * g); }

#define NAME lathe_geglu
#define VARIANT_FILE "geglu.c"
#else

LATHE_INLINE V VARIANT(argument)(V g) { return v_set1(TWO_ROOT) * (g + v_set1(CUBIC) * g * g * g); }
LATHE_INLINE V VARIANT(slope)(V g) { return v_set1(TWO_ROOT) * (v_set1(1) + v_set1(3 * CUBIC) * g * g); }

#endif
#include "gated.h"
