// A tile of a row of logits in blocks of LATHE_MASS_BLOCK: what each comes to, so that who looks for a few tokens looks into few of them.
#ifndef VARIANT
#include "internal.h"

static void block_largest_scalar(const float *x, long count, float *largest) {
    // A NaN may be passed over: it comes back in the masses.
    for (long start = 0; start < count; start += LATHE_MASS_BLOCK) {
        float most = -INFINITY;
        for (long i = start; i < at_most(count, start + LATHE_MASS_BLOCK); i++)
            if (x[i] > most) most = x[i];
        *largest++ = most;
    }
}

static void block_masses_scalar(const float *x, long count, float largest, float factor, float *masses) {
    for (long start = 0; start < count; start += LATHE_MASS_BLOCK) {
        double mass = 0;
        for (long i = start; i < at_most(count, start + LATHE_MASS_BLOCK); i++) mass += expf((x[i] - largest) * factor);
        *masses++ = (float)mass;
    }
}

#define VARIANT_FILE "masses.c"
#include "variants.h"

void lathe_block_largest(const float *x, long count, float *largest) { LATHE_DISPATCH(block_largest, x, count, largest); }

void lathe_block_masses(const float *x, long count, float largest, float factor, float *masses) {
    LATHE_DISPATCH(block_masses, x, count, largest, factor, masses);
}

#else

static void VARIANT(block_largest)(const float *x, long count, float *largest) {
    for (long start = 0; start < count; start += LATHE_MASS_BLOCK) {
        long end = at_most(count, start + LATHE_MASS_BLOCK);
        V most = v_set1(-INFINITY);
        // The logits come first: of two operands, max gives the second where one is NaN.
        for (long i = start; i < end; i += LANES)
            most = v_max(v_keep(v_load(x, i, LATHE_F32, end - i), end - i, -INFINITY), most);
        *largest++ = v_largest(most);
    }
}

static void VARIANT(block_masses)(const float *x, long count, float largest, float factor, float *masses) {
    for (long start = 0; start < count; start += LATHE_MASS_BLOCK) {
        long end = at_most(count, start + LATHE_MASS_BLOCK);
        V mass = v_set1(0);
        for (long i = start; i < end; i += LANES) {
            V value = v_exp((v_load(x, i, LATHE_F32, end - i) - v_set1(largest)) * v_set1(factor));
            mass += v_keep(value, end - i, 0);
        }
        *masses++ = v_sum(mass);
    }
}

#endif
