// Rotary positions over the leading numbers of each head. Pairs are as Hugging Face has them: number i of the first half turns with
// number i of the second; or side by side, number 2i with number 2i + 1.
#ifndef VARIANT
#include "internal.h"

static void rotary_scalar(
    const lathe_rotary_shape *s, void *x, const int32_t *positions, const float *cosines, const float *sines,
    float direction) {
    long half = s->turned / 2, step = s->interleaved ? 2 : 1, partner = s->interleaved ? 1 : half;
    for (long row = 0; row < s->rows; row++) {
        const float *c = cosines + positions[row] * half, *sine = sines + positions[row] * half;
        for (long head = 0; head < s->heads; head++) {
            void *first = at_mutable(x, (row * s->heads + head) * s->width, s->type);
            for (long i = 0; i < half; i++) {
                float a = load1(first, i * step, s->type), b = load1(first, i * step + partner, s->type);
                float turn = sine[i] * direction;
                store1(first, i * step, s->type, a * c[i] - b * turn);
                store1(first, i * step + partner, s->type, b * c[i] + a * turn);
            }
        }
    }
}

#define VARIANT_FILE "rotary.c"
#include "variants.h"

void lathe_rotary(
    const lathe_rotary_shape *shape, void *x, const int32_t *positions, const float *cosines, const float *sines,
    float direction) {
    LATHE_DISPATCH(rotary, shape, x, positions, cosines, sines, direction);
}

#else

/// One row whose pairs are half a head apart.
LATHE_INLINE void VARIANT(turn_halves)(
    const lathe_rotary_shape *s, void *x, const float *c, const float *sines, float direction) {
    long half = s->turned / 2;
    for (long i = 0; i < half; i += LANES) {
        long n = half - i;
        V cosine = v_load(c, i, LATHE_F32, n), sine = v_load(sines, i, LATHE_F32, n) * v_set1(direction);
        for (long head = 0; head < s->heads; head++) {
            void *first = at_mutable(x, head * s->width, s->type);
            V a = v_load(first, i, s->type, n), b = v_load(first, i + half, s->type, n);
            v_store(first, i, s->type, a * cosine - b * sine, n);
            v_store(first, i + half, s->type, b * cosine + a * sine, n);
        }
    }
}

/// One row whose pairs are neighbours: x · c + (x with the pairs' numbers exchanged) · (−s, s).
LATHE_INLINE void VARIANT(turn_neighbours)(
    const lathe_rotary_shape *s, void *x, const float *c, const float *sines, float direction) {
    float *cosines = lathe_scratch(0, (size_t)s->turned * 8), *turns = cosines + s->turned;
    for (long i = 0; i < s->turned; i++) {
        cosines[i] = c[i / 2];
        turns[i] = i % 2 ? sines[i / 2] * direction : -(sines[i / 2] * direction);
    }
    for (long i = 0; i < s->turned; i += LANES) {
        long n = s->turned - i;
        V cosine = v_load(cosines, i, LATHE_F32, n), turn = v_load(turns, i, LATHE_F32, n);
        for (long head = 0; head < s->heads; head++) {
            void *first = at_mutable(x, head * s->width, s->type);
            V a = v_load(first, i, s->type, n);
            v_store(first, i, s->type, a * cosine + v_swap_pairs(a) * turn, n);
        }
    }
}

static void VARIANT(rotary)(
    const lathe_rotary_shape *s, void *x, const int32_t *positions, const float *cosines, const float *sines,
    float direction) {
    long half = s->turned / 2;
    for (long row = 0; row < s->rows; row++) {
        const float *c = cosines + positions[row] * half, *sine = sines + positions[row] * half;
        void *heads = at_mutable(x, row * s->heads * s->width, s->type);
        if (s->interleaved) VARIANT(turn_neighbours)(s, heads, c, sine, direction);
        else VARIANT(turn_halves)(s, heads, c, sine, direction);
    }
}

#endif
