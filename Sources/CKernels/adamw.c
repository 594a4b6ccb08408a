// One step of AdamW as torch.optim.AdamW takes it.
// Plain C, compiled once for each instruction set.
#ifndef ONCE
#define ONCE
#include "internal.h"

#define VARIANT(name) name##_scalar
#include "adamw.c"
#undef VARIANT

#define VARIANT_FILE "adamw.c"
#include "variants.h"

void lathe_adamw_step(
    const lathe_adamw *settings, float *values, const float *gradients, float *first, float *second, long count) {
    LATHE_DISPATCH(step, settings, values, gradients, first, second, count);
}

#else

static void VARIANT(step)(
    const lathe_adamw *settings, float *values, const float *gradients, float *first, float *second, long count) {
    const lathe_adamw s = *settings;
    for (long i = 0; i < count; i++) {
        float g = gradients[i] * s.gradient_scale;
        float m = first[i] + (g - first[i]) * (1 - s.beta1);
        float v = second[i] * s.beta2 + g * g * (1 - s.beta2);
        first[i] = m;
        second[i] = v;
        values[i] = values[i] * s.decay - s.step_size * (m / (sqrtf(v) / s.root_correction + s.epsilon));
    }
}

#endif
