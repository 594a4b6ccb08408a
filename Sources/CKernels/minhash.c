// MinHash signatures: the least of each of many hash functions over a set of numbers.
#ifndef VARIANT
#include "internal.h"

static void minhash_scalar(
    const uint64_t *values, long count, const uint64_t *factors, const uint64_t *summands, uint32_t *least, long length) {
    for (long i = 0; i < length; i++) {
        uint32_t smallest = UINT32_MAX;
        for (long v = 0; v < count; v++) {
            uint32_t hash = (uint32_t)((factors[i] * values[v] + summands[i]) >> 32);
            if (hash < smallest) smallest = hash;
        }
        least[i] = smallest;
    }
}

// Eight hash functions side by side; the compiler splits them where registers are narrower.
typedef uint64_t eight __attribute__((vector_size(64), aligned(8)));

#define VARIANT_FILE "minhash.c"
#include "variants.h"

void lathe_minhash(
    const uint64_t *values, long count, const uint64_t *factors, const uint64_t *summands, uint32_t *least, long length) {
    LATHE_DISPATCH(minhash, values, count, factors, summands, least, length);
}

#else

static void VARIANT(minhash)(
    const uint64_t *values, long count, const uint64_t *factors, const uint64_t *summands, uint32_t *least, long length) {
    long i = 0;
    // Three times eight: each value is read once for all of them, and products do not wait for one another.
    for (; i + 24 <= length; i += 24) {
        eight a0 = *(const eight *)(factors + i), a1 = *(const eight *)(factors + i + 8), a2 = *(const eight *)(factors + i + 16);
        eight b0 = *(const eight *)(summands + i), b1 = *(const eight *)(summands + i + 8);
        eight b2 = *(const eight *)(summands + i + 16);
        eight m0 = ~(eight){0}, m1 = m0, m2 = m0;
        for (long v = 0; v < count; v++) {
            uint64_t value = values[v];
            m0 = __builtin_elementwise_min(m0, a0 * value + b0);
            m1 = __builtin_elementwise_min(m1, a1 * value + b1);
            m2 = __builtin_elementwise_min(m2, a2 * value + b2);
        }
        for (long k = 0; k < 8; k++) {
            least[i + k] = (uint32_t)(m0[k] >> 32);
            least[i + 8 + k] = (uint32_t)(m1[k] >> 32);
            least[i + 16 + k] = (uint32_t)(m2[k] >> 32);
        }
    }
    minhash_scalar(values, count, factors + i, summands + i, least + i, length - i);
}

#endif
