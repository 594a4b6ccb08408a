#include "CBenchmarkLoops.h"
#include <string.h>

#if defined(__x86_64__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

FOR_EACH_PROCESSOR
void bench_triad(float *a, const float *b, const float *c, float s, size_t count) {
    for (size_t i = 0; i < count; i++) a[i] = b[i] + s * c[i];
}

FOR_EACH_PROCESSOR
uint64_t bench_sum(const uint64_t *words, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += words[i];
    return sum;
}

static inline float widened(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

FOR_EACH_PROCESSOR
void bench_quantise_rows(const uint16_t *x, int8_t *q, float *scales, size_t rows, size_t columns) {
    for (size_t row = 0; row < rows; row++) {
        const uint16_t *from = x + row * columns;
        int8_t *to = q + row * columns;
        // Without its sign, a larger bf16 number has larger bits: the maximum of integers may be taken in any order.
        uint16_t largest = 0;
        for (size_t i = 0; i < columns; i++) {
            uint16_t size = from[i] & 0x7FFF;
            largest = size > largest ? size : largest;
        }
        float bound = widened(largest);
        float factor = bound > 0 ? 127 / bound : 0;
        scales[row] = bound / 127;
        for (size_t i = 0; i < columns; i++) {
            float value = widened(from[i]) * factor;
            to[i] = (int8_t)(int32_t)(value + (value < 0 ? -0.5f : 0.5f));
        }
    }
}

FOR_EACH_PROCESSOR
void bench_scale_rows(float *y, const float *scales, size_t rows, size_t columns) {
    for (size_t row = 0; row < rows; row++) {
        float scale = scales[row];
        for (size_t i = 0; i < columns; i++) y[row * columns + i] *= scale;
    }
}
