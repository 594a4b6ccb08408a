// Softmax of one tile of a row of logits, against the tile's own largest: tiles are put together by whoever knows them all.
#ifndef VARIANT
#include "internal.h"

/// What exps are taken against: a tile without a finite logit adds nothing, where −∞ − −∞ would be no number.
static inline float reference(float largest) { return largest == -INFINITY ? 0 : largest; }

static void tile_scalar(const float *logits, long count, void *exps, lathe_type type, float *largest, float *sum) {
    // A NaN may be passed over: it comes back in the sum.
    float most = -INFINITY;
    for (long i = 0; i < count; i++)
        if (logits[i] > most) most = logits[i];
    float base = reference(most);
    // In double: many small numbers one after the other in fp32 cost digits of the loss.
    double total = 0;
    for (long i = 0; i < count; i++) {
        float value = expf(logits[i] - base);
        total += value;
        if (exps) store1(exps, i, type, value);
    }
    *largest = most;
    *sum = (float)total;
}

#define VARIANT_FILE "crossentropy.c"
#include "variants.h"

void lathe_softmax_tile(const float *logits, long count, void *exps, lathe_type type, float *largest, float *sum) {
    LATHE_DISPATCH(tile, logits, count, exps, type, largest, sum);
}

#else

static void VARIANT(tile)(const float *logits, long count, void *exps, lathe_type type, float *largest, float *sum) {
    V most = v_set1(-INFINITY), total = v_set1(0);
    // The logits come first: of two operands, max gives the second where one is NaN.
    for (long i = 0; i < count; i += LANES)
        most = v_max(v_keep(v_load(logits, i, LATHE_F32, count - i), count - i, -INFINITY), most);
    *largest = v_largest(most);
    V base = v_set1(reference(*largest));
    for (long i = 0; i < count; i += LANES) {
        V value = v_exp(v_load(logits, i, LATHE_F32, count - i) - base);
        total += v_keep(value, count - i, 0);
        if (exps) v_store(exps, i, type, value, count - i);
    }
    *sum = v_sum(total);
}

#endif
