// Numbers to whole numbers, 32 with a scale of their own, for integer dot products. Every step rounds once, and sums are of
// whole numbers that fp32 holds, so all instruction sets give the same.
#ifndef VARIANT
#include "internal.h"

// Adding and taking off 1.5 · 2²³ pushes the fraction out, rounding to even.
#define ROUND(x) (((x) + ONE(0x1.8p23f)) - ONE(0x1.8p23f))

/// How 32 numbers become whole ones, from the bits of the largest magnitude; these are in the magnitudes' order, NaN above
/// infinity.
typedef struct {
    float inverse, scale;
    bool is_finite;
} whole_scale;

static inline whole_scale whole_scale_of(uint32_t largest) {
    const bool is_finite = largest < 0x7f800000;
    const float unit = bits_to_float(largest) * (1.0f / 127);
    // Numbers too small to divide by are zero; a block with NaN or infinity is worth NaN.
    if (!is_finite || unit < 0x1p-110f) return (whole_scale){0, is_finite ? 0 : NAN, is_finite};
    return (whole_scale){1 / unit, unit * (1.0f / 254), true};
}

static inline lathe_block_facts block_facts(float scale, float first, float second) {
    return (lathe_block_facts){scale, scale * (first + second), (int)(first + second), (int)first};
}

#define ONE(x) (x)
static void quantise_scalar(const float *x, long blocks, int8_t *numbers, lathe_block_facts *facts) {
    for (long b = 0; b < blocks; b++, x += 32, numbers += 64) {
        uint32_t largest = 0;
        for (int i = 0; i < 32; i++) {
            uint32_t magnitude = float_to_bits(x[i]) & 0x7fffffff;
            largest = magnitude > largest ? magnitude : largest;
        }
        const whole_scale s = whole_scale_of(largest);
        float sums[2] = {0, 0};
        for (int i = 0; i < 32; i++) {
            float value = s.is_finite ? x[i] * s.inverse : 0, coarse = ROUND(value), fine = ROUND((value - coarse) * 254);
            numbers[i] = (int8_t)coarse;
            numbers[i + 32] = (int8_t)fine;
            sums[i / 16] += coarse * 254 + fine;
        }
        facts[b] = block_facts(s.scale, sums[0], sums[1]);
    }
}
#undef ONE

#define VARIANT_FILE "quantise.c"
#include "variants.h"

void lathe_quantise(const float *x, long blocks, int8_t *numbers, lathe_block_facts *facts) {
    LATHE_DISPATCH(quantise, x, blocks, numbers, facts);
}

#else

#define ONE(x) v_set1(x)
static void VARIANT(quantise)(const float *x, long blocks, int8_t *numbers, lathe_block_facts *facts) {
    for (long b = 0; b < blocks; b++, x += 32, numbers += 64) {
        V values[32 / LANES], sums[2] = {v_set1(0), v_set1(0)};
        uint32_t largest = 0;
        for (int i = 0; i < 32 / LANES; i++) {
            values[i] = v_load(x, i * LANES, LATHE_F32, LANES);
            largest = v_largest_bits(values[i], largest);
        }
        const whole_scale s = whole_scale_of(largest);
        for (int i = 0; i < 32 / LANES; i++) {
            V value = s.is_finite ? values[i] * v_set1(s.inverse) : v_set1(0), coarse = ROUND(value);
            V fine = ROUND((value - coarse) * v_set1(254));
            v_store_bytes(numbers + i * LANES, coarse);
            v_store_bytes(numbers + 32 + i * LANES, fine);
            sums[i * LANES / 16] += coarse * v_set1(254) + fine;
        }
        facts[b] = block_facts(s.scale, v_sum(sums[0]), v_sum(sums[1]));
    }
}
#undef ONE

#endif
