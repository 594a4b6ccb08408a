// The square of ReLU: x² where x is above 0, else 0.
#ifndef VARIANT
#include "internal.h"

static inline float positive(float x) { return x < 0 ? 0 : x; }

static inline float times_value(float d, float x) { return d * (positive(x) * positive(x)); }
static inline float times_slope(float d, float x) { return d * (2 * positive(x)); }

#define NAME lathe_squared_relu
#define VARIANT_FILE "squared_relu.c"
#else

LATHE_INLINE V VARIANT(positive)(V x) { return v_max(v_set1(0), x); }

LATHE_INLINE V VARIANT(times_value)(V d, V x) { return d * (VARIANT(positive)(x) * VARIANT(positive)(x)); }
LATHE_INLINE V VARIANT(times_slope)(V d, V x) { return d * (v_set1(2) * VARIANT(positive)(x)); }

#endif
#include "activation.h"
