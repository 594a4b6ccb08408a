// Inverted dropout. The mask is Philox 4×32-10 at (element / 4, stream, purpose) under the seed: the words of `RandomStream`.
// Elements count from `first`, so that a mask does not depend on how a matrix is cut.
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
    const void *x, void *y, lathe_type type, lathe_type y_type, uint64_t first, long count, uint32_t threshold, float factor,
    uint64_t seed, uint32_t stream, uint32_t purpose) {
    LATHE_DISPATCH(dropout, x, y, type, y_type, first, count, threshold, factor, seed, stream, purpose);
}

#else

enum { VARIANT(blocks) = 16 };

/// The words of `blocks` neighbouring indices, word by word: the loop over lanes becomes vectors.
static inline void VARIANT(philox)(
    uint32_t words[4][VARIANT(blocks)], uint64_t index, uint32_t stream, uint32_t purpose, uint64_t seed) {
    for (int lane = 0; lane < VARIANT(blocks); lane++) {
        words[0][lane] = (uint32_t)(index + (uint64_t)lane), words[1][lane] = (uint32_t)((index + (uint64_t)lane) >> 32);
        words[2][lane] = stream, words[3][lane] = purpose;
    }
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85)
        for (int lane = 0; lane < VARIANT(blocks); lane++) {
            uint64_t a = (uint64_t)0xD2511F53 * words[0][lane], b = (uint64_t)0xCD9E8D57 * words[2][lane];
            words[0][lane] = (uint32_t)(b >> 32) ^ words[1][lane] ^ k0;
            words[2][lane] = (uint32_t)(a >> 32) ^ words[3][lane] ^ k1;
            words[1][lane] = (uint32_t)b;
            words[3][lane] = (uint32_t)a;
        }
}

static void VARIANT(dropout)(
    const void *x, void *y, lathe_type type, lathe_type y_type, uint64_t first, long count, uint32_t threshold, float factor,
    uint64_t seed, uint32_t stream, uint32_t purpose) {
    enum { chunk = 4 * VARIANT(blocks) };
    uint32_t words[4][VARIANT(blocks)];
    float factors[chunk];
    for (long done = 0; done < count;) {
        // The first words may belong to elements before these.
        uint64_t element = first + (uint64_t)done;
        long skipped = (long)(element % 4), n = count - done < chunk - skipped ? count - done : chunk - skipped;
        VARIANT(philox)(words, element / 4, stream, purpose, seed);
        for (int lane = 0; lane < VARIANT(blocks); lane++)
            for (int word = 0; word < 4; word++) factors[4 * lane + word] = words[word][lane] >= threshold ? factor : 0;
        for (long j = 0; j < n; j++) {
            float f = factors[skipped + j];
            store1(y, done + j, y_type, f != 0 ? load1(x, done + j, type) * f : 0);
        }
        done += n;
    }
}

#endif
