// The quick form of GELU: x · σ(1.702·x).
#ifndef VARIANT
#include "internal.h"

#define SHARPNESS 1.702f

static inline float argument(float x) { return SHARPNESS * x; }
static inline float slope(float x) { return (void)x, SHARPNESS; }

#define NAME lathe_quick_gelu
#define VARIANT_FILE "quick_gelu.c"
#else

LATHE_INLINE V VARIANT(argument)(V x) { return v_set1(SHARPNESS) * x; }
LATHE_INLINE V VARIANT(slope)(V x) { return (void)x, v_set1(SHARPNESS); }

#endif
#include "sigmoid_units.h"
