// What one tile of a row of logits from two models adds to the divergence of their predictions: tiles are put together by whoever
// knows them all.
#ifndef VARIANT
#include "internal.h"

static void divergence_scalar(const float *p, const float *q, long count, lathe_divergence_tile *tile) {
    // A NaN may be passed over: it comes back in the sums.
    float most_p = -INFINITY, most_q = -INFINITY;
    for (long i = 0; i < count; i++) {
        if (p[i] > most_p) most_p = p[i];
        if (q[i] > most_q) most_q = q[i];
    }
    double sum_p = 0, sum_q = 0, weighted = 0;
    for (long i = 0; i < count; i++) {
        float value = expf(p[i] - most_p);
        sum_p += value;
        weighted += (double)value * (p[i] - q[i]);
        sum_q += expf(q[i] - most_q);
    }
    *tile = (lathe_divergence_tile){most_p, most_q, sum_p, sum_q, weighted};
}

#define VARIANT_FILE "divergence.c"
#include "variants.h"

void lathe_divergence(const float *p, const float *q, long count, lathe_divergence_tile *tile) {
    LATHE_DISPATCH(divergence, p, q, count, tile);
}

#else

static void VARIANT(divergence)(const float *p, const float *q, long count, lathe_divergence_tile *tile) {
    V most_p = v_set1(-INFINITY), most_q = v_set1(-INFINITY);
    // The logits come first: of two operands, max gives the second where one is NaN.
    for (long i = 0; i < count; i += LANES) {
        most_p = v_max(v_keep(v_load(p, i, LATHE_F32, count - i), count - i, -INFINITY), most_p);
        most_q = v_max(v_keep(v_load(q, i, LATHE_F32, count - i), count - i, -INFINITY), most_q);
    }
    float largest_p = v_largest(most_p), largest_q = v_largest(most_q);
    V sum_p = v_set1(0), sum_q = v_set1(0), weighted = v_set1(0);
    for (long i = 0; i < count; i += LANES) {
        V left = v_load(p, i, LATHE_F32, count - i), right = v_load(q, i, LATHE_F32, count - i);
        V value = v_keep(v_exp(left - v_set1(largest_p)), count - i, 0);
        sum_p += value;
        weighted = v_fma(value, left - right, weighted);
        sum_q += v_keep(v_exp(right - v_set1(largest_q)), count - i, 0);
    }
    *tile = (lathe_divergence_tile){largest_p, largest_q, v_sum(sum_p), v_sum(sum_q), v_sum(weighted)};
}

#endif
