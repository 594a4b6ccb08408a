// SiLU: x · σ(x).
#ifndef VARIANT
#include "internal.h"

static inline float argument(float x) { return x; }
static inline float slope(float x) { return (void)x, 1; }

#define NAME lathe_silu
#define VARIANT_FILE "silu.c"
#else

LATHE_INLINE V VARIANT(argument)(V x) { return x; }
LATHE_INLINE V VARIANT(slope)(V x) { return (void)x, v_set1(1); }

#endif
#include "sigmoid_units.h"
