// Blocks of w = d·q + m whose minimum m is changed and nothing else: a change that is the same for all inputs of a block, so what it
// sees of the inputs is their sum.
#ifndef VARIANT
#include "internal.h"

enum { BLOCK = 32, MINIMUM = 2, FEW = 64 };

/// Bytes of a block that begins with d and m, halves both; 0 where the format's do not.
static long minimum_block_bytes(lathe_format format) {
    switch (format) {
    case LATHE_Q4_1: return 20;
    case LATHE_Q5_1: return 24;
    default: return 0;
    }
}

bool lathe_has_minima(lathe_format format) { return minimum_block_bytes(format) > 0; }

void lathe_read_minima(lathe_format format, const void *row, long blocks, uint16_t *minima) {
    const long bytes = minimum_block_bytes(format);
    const uint8_t *from = (const uint8_t *)row + MINIMUM;
    for (long b = 0; b < blocks; b++) memcpy(minima + b, from + b * bytes, sizeof *minima);
}

// No instruction set has its own: what is added must not depend on the machine, and it is little beside any product.
void lathe_write_minima(
    lathe_format format, const uint16_t *minima, const float *factors, const float *a, long rank, long blocks, void *row) {
    const long bytes = minimum_block_bytes(format);
    uint8_t *to = (uint8_t *)row + MINIMUM;
    float changes[FEW], sums[FEW];
    uint16_t rounded[FEW];
    for (long first = 0; first < blocks; first += FEW) {
        const long count = blocks - first < FEW ? blocks - first : FEW;
        for (long b = 0; b < count; b++) changes[b] = 0;
        for (long k = 0; k < rank; k++) {
            const float factor = factors[k], *of = a + k * blocks + first;
            for (long b = 0; b < count; b++) changes[b] += factor * of[b];
        }
        lathe_f16_to_f32(minima + first, sums, count);
        for (long b = 0; b < count; b++) sums[b] += changes[b];
        lathe_f32_to_f16(sums, rounded, count);
        for (long b = 0; b < count; b++) memcpy(to + (first + b) * bytes, rounded + b, sizeof *rounded);
    }
}

void lathe_spread_blocks(const float *x, long blocks, float *y) {
    for (long b = 0; b < blocks; b++)
        for (long i = 0; i < BLOCK; i++) y[b * BLOCK + i] = x[b];
}

static void block_sums_scalar(const void *x, lathe_type type, long blocks, void *y) {
    for (long b = 0; b < blocks; b++) {
        float sum = 0;
        for (long i = 0; i < BLOCK; i++) sum += load1(x, b * BLOCK + i, type);
        store1(y, b, type, sum);
    }
}

#define VARIANT_FILE "fold.c"
#include "variants.h"

void lathe_block_sums(const void *x, lathe_type type, long blocks, void *y) {
    LATHE_DISPATCH(block_sums, x, type, blocks, y);
}

#else

static void VARIANT(block_sums)(const void *x, lathe_type type, long blocks, void *y) {
    for (long b = 0; b < blocks; b++) {
        V sum = v_load(x, b * BLOCK, type, LANES);
        for (long i = LANES; i < BLOCK; i += LANES) sum = sum + v_load(x, b * BLOCK + i, type, LANES);
        store1(y, b, type, v_sum(sum));
    }
}

#endif
