// ReLU: x where it is above 0, else 0.
#ifndef VARIANT
#include "internal.h"

static inline float times_value(float d, float x) { return d * (x < 0 ? 0 : x); }
static inline float times_slope(float d, float x) { return x > 0 ? d : 0; }

#define NAME lathe_relu
#define VARIANT_FILE "relu.c"
#else

LATHE_INLINE V VARIANT(times_value)(V d, V x) { return d * v_max(v_set1(0), x); }
LATHE_INLINE V VARIANT(times_slope)(V d, V x) { return v_where_positive(x, d); }

#endif
#include "activation.h"
