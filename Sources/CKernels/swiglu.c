// y = g · σ(g) · up.
#ifndef VARIANT
#include "internal.h"

static inline float argument(float g) { return g; }
static inline float slope(float g) { return (void)g, 1; }

#define NAME lathe_swiglu
#define VARIANT_FILE "swiglu.c"
#else

LATHE_INLINE V VARIANT(argument)(V g) { return g; }
LATHE_INLINE V VARIANT(slope)(V g) { return (void)g, v_set1(1); }

#endif
#include "gated.h"
