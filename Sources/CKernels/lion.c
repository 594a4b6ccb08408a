// One step of Lion as Chen et al. 2023 give it (algorithm 2).
// Plain C, compiled once for each instruction set.
#ifndef ONCE
#define ONCE
#include "internal.h"

#define VARIANT(name) name##_scalar
#include "lion.c"
#undef VARIANT

#define VARIANT_FILE "lion.c"
#include "variants.h"

void lathe_lion_step(
    const lathe_lion *settings, float *values, const float *gradients, float *momentum, long count) {
    LATHE_DISPATCH(step, settings, values, gradients, momentum, count);
}

#else

static void VARIANT(step)(
    const lathe_lion *settings, float *values, const float *gradients, float *momentum, long count) {
    const lathe_lion s = *settings;
    for (long i = 0; i < count; i++) {
        float g = gradients[i] * s.gradient_scale;
        float direction = momentum[i] * s.beta1 + g * s.rest1;
        float sign = (float)(direction > 0) - (float)(direction < 0);
        momentum[i] = momentum[i] * s.beta2 + g * s.rest2;
        values[i] = values[i] * s.decay - s.learning_rate * sign;
    }
}

#endif
