// Inverted dropout. The mask is Philox 4×32-10 at (element / 4, stream, purpose) under the seed: the words of `RandomStream`.
// Plain C, compiled once for each instruction set.
#ifndef ONCE
#define ONCE
#include "internal.h"

#define VARIANT(name) name##_scalar
#include "dropout.c"
#undef VARIANT

#define VARIANT_FILE "dropout.c"
#include "variants.h"

void lathe_dropout(
    const void *x, void *y, lathe_type type, lathe_type y_type, long start, long count, uint32_t threshold, float factor,
    uint64_t seed, uint32_t stream, uint32_t purpose) {
    LATHE_DISPATCH(dropout, x, y, type, y_type, start, count, threshold, factor, seed, stream, purpose);
}

#else

static inline void VARIANT(philox)(uint32_t words[4], uint64_t index, uint32_t stream, uint32_t purpose, uint64_t seed) {
    uint32_t c0 = (uint32_t)index, c1 = (uint32_t)(index >> 32), c2 = stream, c3 = purpose;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85) {
        uint64_t a = (uint64_t)0xD2511F53 * c0, b = (uint64_t)0xCD9E8D57 * c2;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)b;
        c3 = (uint32_t)a;
    }
    words[0] = c0, words[1] = c1, words[2] = c2, words[3] = c3;
}

static void VARIANT(dropout)(
    const void *x, void *y, lathe_type type, lathe_type y_type, long start, long count, uint32_t threshold, float factor,
    uint64_t seed, uint32_t stream, uint32_t purpose) {
    uint32_t words[4];
    for (long i = start; i < start + count; i++) {
        if (i == start || i % 4 == 0) VARIANT(philox)(words, (uint64_t)i / 4, stream, purpose, seed);
        store1(y, i, y_type, words[i % 4] >= threshold ? load1(x, i, type) * factor : 0);
    }
}

#endif
