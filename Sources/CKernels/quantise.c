// Numbers to whole numbers, 32 with a scale of their own, for integer dot products. Plain C, compiled once for each instruction set;
// every step rounds once, so all give the same.
#ifndef ONCE
#define ONCE
#include "internal.h"

#define VARIANT(name) name##_scalar
#include "quantise.c"
#undef VARIANT

#define VARIANT_FILE "quantise.c"
#include "variants.h"

void lathe_quantise(const float *x, long blocks, int8_t *numbers, lathe_block_facts *facts) {
    LATHE_DISPATCH(quantise, x, blocks, numbers, facts);
}

#else

static void VARIANT(quantise)(const float *x, long blocks, int8_t *numbers, lathe_block_facts *facts) {
    for (long b = 0; b < blocks; b++, x += 32, numbers += 64, facts++) {
        uint32_t largest = 0;
        for (int i = 0; i < 32; i++) {
            uint32_t magnitude = float_to_bits(x[i]) & 0x7fffffff;
            largest = magnitude > largest ? magnitude : largest;
        }
        // Bits of magnitudes are in the magnitudes' order, NaN above infinity. A block with either is worth NaN.
        bool is_finite = largest < 0x7f800000;
        float unit = bits_to_float(largest) * (1.0f / 127);
        float inverse = is_finite && unit >= 0x1p-110f ? 1 / unit : 0;
        int32_t whole[32];
        for (int i = 0; i < 32; i++) {
            // Adding 1.5 · 2²³ pushes the fraction out, rounding to even; the low bits are the whole number then.
            float value = is_finite ? x[i] * inverse : 0, coarse = (value + 0x1.8p23f) - 0x1.8p23f;
            float fine = ((value - coarse) * 254 + 0x1.8p23f) - 0x1.8p23f;
            numbers[i] = (int8_t)(int)coarse;
            numbers[i + 32] = (int8_t)(int)fine;
            whole[i] = 254 * (int)coarse + (int)fine;
        }
        int first = 0, second = 0;
        for (int i = 0; i < 16; i++) {
            first += whole[i];
            second += whole[i + 16];
        }
        facts->scale = inverse != 0 ? unit * (1.0f / 254) : is_finite ? 0 : bits_to_float(0x7fc00000);
        facts->sum = facts->scale * (float)(first + second);
        facts->total = first + second;
        facts->half = first;
    }
}

#endif
