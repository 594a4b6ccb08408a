// Blocks of 4 to 8 bits to numbers. Layouts are ggml's: 32 numbers with a scale of their own, or super-blocks of 256 with
// small scales inside. Products and sums are rounded one by one, in the reference's order.
// The readers are plain C, compiled for each instruction set but AVX-512, which has its own (`wide_blocks.h`).
#ifndef READERS
#define READERS
#include "blocks.h"
#include "integer_dots.h"
#if defined(__x86_64__)
#include <immintrin.h>

static inline __attribute__((always_inline, target("f16c"))) float half_at_f16c(const uint8_t *p) {
    uint16_t half;
    memcpy(&half, p, 2);
    return _cvtsh_ss(half);
}
#endif

typedef void (*block_reader)(const uint8_t *, float *);
typedef struct { block_reader read; int elements, bytes; } block_layout;

#define VARIANT(name) name##_scalar
#define HALF(p) block_half(p)
#include "dequantise.c"
#undef VARIANT
#undef HALF

#define HALF(p) half_at_f16c(p)
#define VARIANT_FILE "dequantise.c"
#include "variants.h"

void lathe_dequantise(lathe_format format, const void *blocks, void *to, lathe_type to_type, long count) {
    switch (format) {
    case LATHE_Q_F32: lathe_convert(blocks, LATHE_F32, to, to_type, count); return;
    case LATHE_Q_BF16: lathe_convert(blocks, LATHE_BF16, to, to_type, count); return;
    case LATHE_Q_F16: {
        if (to_type == LATHE_F32) {
            lathe_f16_to_f32(blocks, to, count);
            return;
        }
        float numbers[256];
        for (long i = 0; i < count; i += 256) {
            long n = count - i < 256 ? count - i : 256;
            lathe_f16_to_f32((const uint16_t *)blocks + i, numbers, n);
            lathe_convert(numbers, LATHE_F32, (uint16_t *)to + i, to_type, n);
        }
        return;
    }
    default: break;
    }
    LATHE_DISPATCH(dequantise, format, blocks, to, to_type, count);
}

#elif LANES == 16

#include "wide_blocks.h"

static void VARIANT(dequantise)(lathe_format format, const void *blocks, void *to, lathe_type to_type, long count) {
#define WIDE(f)                                                                                 \
    case f:                                                                                     \
        if (to_type == LATHE_F32) VARIANT(wide)(f, blocks, to, LATHE_F32, count);               \
        else VARIANT(wide)(f, blocks, to, LATHE_BF16, count);                                   \
        return;
    switch (format) {
        LATHE_INTEGER_FORMATS(WIDE)
    default: return;
    }
#undef WIDE
}

#else

static void VARIANT(q4_0)(const uint8_t *b, float *y) {
    float d = HALF(b);
    const uint8_t *q = b + 2;
    for (int j = 0; j < 16; j++) {
        y[j] = (float)((q[j] & 15) - 8) * d;
        y[j + 16] = (float)((q[j] >> 4) - 8) * d;
    }
}

static void VARIANT(q4_1)(const uint8_t *b, float *y) {
    float d = HALF(b), m = HALF(b + 2);
    const uint8_t *q = b + 4;
    for (int j = 0; j < 16; j++) {
        y[j] = (float)(q[j] & 15) * d + m;
        y[j + 16] = (float)(q[j] >> 4) * d + m;
    }
}

static void VARIANT(q5_0)(const uint8_t *b, float *y) {
    float d = HALF(b);
    uint32_t high;
    memcpy(&high, b + 2, 4);
    const uint8_t *q = b + 6;
    for (int j = 0; j < 16; j++) {
        y[j] = (float)(((q[j] & 15) | (int)(high >> j & 1) << 4) - 16) * d;
        y[j + 16] = (float)(((q[j] >> 4) | (int)(high >> (j + 16) & 1) << 4) - 16) * d;
    }
}

static void VARIANT(q5_1)(const uint8_t *b, float *y) {
    float d = HALF(b), m = HALF(b + 2);
    uint32_t high;
    memcpy(&high, b + 4, 4);
    const uint8_t *q = b + 8;
    for (int j = 0; j < 16; j++) {
        y[j] = (float)((q[j] & 15) | (int)(high >> j & 1) << 4) * d + m;
        y[j + 16] = (float)((q[j] >> 4) | (int)(high >> (j + 16) & 1) << 4) * d + m;
    }
}

static void VARIANT(q8_0)(const uint8_t *b, float *y) {
    float d = HALF(b);
    const int8_t *q = (const int8_t *)(b + 2);
    for (int j = 0; j < 32; j++) y[j] = (float)q[j] * d;
}

static void VARIANT(q2_k)(const uint8_t *b, float *y) {
    const uint8_t *scales = b, *q = b + 16;
    float d = HALF(b + 80), minimum = HALF(b + 82);
    for (int half = 0; half < 2; half++, q += 32)
        for (int pair = 0; pair < 4; pair++)
            for (int side = 0; side < 2; side++, scales++) {
                float scale = d * (float)(*scales & 15), offset = minimum * (float)(*scales >> 4);
                for (int l = 0; l < 16; l++) *y++ = scale * (float)(q[side * 16 + l] >> 2 * pair & 3) - offset;
            }
}

static void VARIANT(q3_k)(const uint8_t *b, float *y) {
    const uint8_t *mask = b, *q = b + 32, *packed = b + 96;
    float d = HALF(b + 108);
    for (int half = 0; half < 2; half++, q += 32)
        for (int pair = 0; pair < 4; pair++)
            for (int side = 0; side < 2; side++) {
                float scale = d * (float)q3_scale(packed, half * 8 + pair * 2 + side);
                for (int l = side * 16; l < side * 16 + 16; l++) {
                    int high = mask[l] >> (half * 4 + pair) & 1;
                    *y++ = scale * (float)((q[l] >> 2 * pair & 3) - (high ? 0 : 4));
                }
            }
}

static void VARIANT(q4_k)(const uint8_t *b, float *y) {
    float d = HALF(b), minimum = HALF(b + 2);
    const uint8_t *scales = b + 4, *q = b + 16;
    for (int group = 0; group < 8; group++) {
        int s, m;
        packed_six_bits(scales, group, &s, &m);
        float scale = d * (float)s, offset = minimum * (float)m;
        for (int l = 0; l < 32; l++) *y++ = scale * (float)(q[group / 2 * 32 + l] >> 4 * (group & 1) & 15) - offset;
    }
}

static void VARIANT(q5_k)(const uint8_t *b, float *y) {
    float d = HALF(b), minimum = HALF(b + 2);
    const uint8_t *scales = b + 4, *high = b + 16, *q = b + 48;
    for (int group = 0; group < 8; group++) {
        int s, m;
        packed_six_bits(scales, group, &s, &m);
        float scale = d * (float)s, offset = minimum * (float)m;
        for (int l = 0; l < 32; l++) {
            int value = (q[group / 2 * 32 + l] >> 4 * (group & 1) & 15) + (high[l] >> group & 1 ? 16 : 0);
            *y++ = scale * (float)value - offset;
        }
    }
}

static void VARIANT(q6_k)(const uint8_t *b, float *y) {
    const uint8_t *low = b, *high = b + 128;
    const int8_t *scales = (const int8_t *)(b + 192);
    float d = HALF(b + 208);
    for (int half = 0; half < 2; half++, low += 64, high += 32, scales += 8)
        for (int part = 0; part < 4; part++)
            for (int l = 0; l < 32; l++) {
                int value = (low[(part & 1) * 32 + l] >> 4 * (part >> 1) & 15) | (high[l] >> 2 * part & 3) << 4;
                *y++ = d * (float)scales[part * 2 + l / 16] * (float)(value - 32);
            }
}

static inline void VARIANT(iq4)(float d, const uint8_t *q, float *y) {
    for (int j = 0; j < 16; j++) {
        y[j] = (float)iq4_values[q[j] & 15] * d;
        y[j + 16] = (float)iq4_values[q[j] >> 4] * d;
    }
}

static void VARIANT(iq4_nl)(const uint8_t *b, float *y) { VARIANT(iq4)(HALF(b), b + 2, y); }

static void VARIANT(iq4_xs)(const uint8_t *b, float *y) {
    for (int part = 0; part < 8; part++)
        VARIANT(iq4)(HALF(b) * (float)iq4_scale(b, part), b + 8 + part * 16, y + part * 32);
}

static const block_layout VARIANT(layouts)[] = {
    [LATHE_Q4_0] = {VARIANT(q4_0), 32, 18}, [LATHE_Q4_1] = {VARIANT(q4_1), 32, 20}, [LATHE_Q5_0] = {VARIANT(q5_0), 32, 22},
    [LATHE_Q5_1] = {VARIANT(q5_1), 32, 24}, [LATHE_Q8_0] = {VARIANT(q8_0), 32, 34}, [LATHE_Q2_K] = {VARIANT(q2_k), 256, 84},
    [LATHE_Q3_K] = {VARIANT(q3_k), 256, 110}, [LATHE_Q4_K] = {VARIANT(q4_k), 256, 144}, [LATHE_Q5_K] = {VARIANT(q5_k), 256, 176},
    [LATHE_Q6_K] = {VARIANT(q6_k), 256, 210}, [LATHE_IQ4_NL] = {VARIANT(iq4_nl), 32, 18},
    [LATHE_IQ4_XS] = {VARIANT(iq4_xs), 256, 136},
};

static void VARIANT(dequantise)(lathe_format format, const void *blocks, void *to, lathe_type to_type, long count) {
    const block_layout layout = VARIANT(layouts)[format];
    const uint8_t *b = blocks;
    if (to_type == LATHE_F32) {
        for (long i = 0; i < count; i += layout.elements, b += layout.bytes) layout.read(b, (float *)to + i);
        return;
    }
    float numbers[1024];  // many blocks at a time: reading numbers back at once would wait for their stores
    for (long i = 0; i < count; i += 1024) {
        long n = count - i < 1024 ? count - i : 1024;
        for (long j = 0; j < n; j += layout.elements, b += layout.bytes) layout.read(b, numbers + j);
        lathe_convert(numbers, LATHE_F32, (uint16_t *)to + i, to_type, n);
    }
}

#endif
