// Rotary positions as Hugging Face has them: number i of the first half turns with number i of the second.
#ifndef VARIANT
#include "internal.h"

static void rotary_scalar(
    void *x, lathe_type type, long rows, long heads, long width, const int32_t *positions, const float *cosines,
    const float *sines, float direction) {
    long half = width / 2;
    for (long row = 0; row < rows; row++) {
        const float *c = cosines + positions[row] * half, *s = sines + positions[row] * half;
        for (long head = 0; head < heads; head++) {
            void *first = at_mutable(x, (row * heads + head) * width, type);
            for (long i = 0; i < half; i++) {
                float a = load1(first, i, type), b = load1(first, i + half, type), sine = s[i] * direction;
                store1(first, i, type, a * c[i] - b * sine);
                store1(first, i + half, type, b * c[i] + a * sine);
            }
        }
    }
}

#define VARIANT_FILE "rotary.c"
#include "variants.h"

void lathe_rotary(
    void *x, lathe_type type, long rows, long heads, long width, const int32_t *positions, const float *cosines,
    const float *sines, float direction) {
    LATHE_DISPATCH(rotary, x, type, rows, heads, width, positions, cosines, sines, direction);
}

#else

static void VARIANT(rotary)(
    void *x, lathe_type type, long rows, long heads, long width, const int32_t *positions, const float *cosines,
    const float *sines, float direction) {
    long half = width / 2;
    for (long row = 0; row < rows; row++) {
        const float *c = cosines + positions[row] * half, *s = sines + positions[row] * half;
        for (long i = 0; i < half; i += LANES) {
            long n = half - i;
            V cosine = v_load(c, i, LATHE_F32, n), sine = v_load(s, i, LATHE_F32, n) * v_set1(direction);
            for (long head = 0; head < heads; head++) {
                void *first = at_mutable(x, (row * heads + head) * width, type);
                V a = v_load(first, i, type, n), b = v_load(first, i + half, type, n);
                v_store(first, i, type, a * cosine - b * sine, n);
                v_store(first, i + half, type, b * cosine + a * sine, n);
            }
        }
    }
}

#endif
