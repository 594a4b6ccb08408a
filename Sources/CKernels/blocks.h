// Stored blocks as small integers with scales: what integer dot products read. Every format is cut into blocks of 32 numbers
//
//     number = scale[h] · (byte − offset) + minimum[h]        h: the half of the block, where halves have scales of their own
//
// Legend: b counts blocks of 32 along a row.
#pragma once
#include "internal.h"

/// What all blocks of a format have in common.
typedef struct {
    int halves;       // scales a block: 1, or 2 for its two halves of 16
    int offset;       // taken off every byte
    bool has_minimum; // whether anything is added to scaled bytes
    bool is_integer;  // false: the format has no integers
} block_kind;

static inline block_kind kind_of(lathe_format format) {
    switch (format) {
    case LATHE_Q4_0: return (block_kind){1, 8, false, true};
    case LATHE_Q5_0: return (block_kind){1, 16, false, true};
    case LATHE_Q8_0:
    case LATHE_IQ4_NL:
    case LATHE_IQ4_XS: return (block_kind){1, 128, false, true};
    case LATHE_Q4_1:
    case LATHE_Q5_1:
    case LATHE_Q4_K:
    case LATHE_Q5_K: return (block_kind){1, 0, true, true};
    case LATHE_Q2_K: return (block_kind){2, 0, true, true};
    case LATHE_Q3_K: return (block_kind){2, 4, false, true};
    case LATHE_Q6_K: return (block_kind){2, 32, false, true};
    default: return (block_kind){1, 0, false, false};
    }
}

/// Bytes that `columns` numbers of a row take.
static inline long row_bytes(lathe_format format, long columns) {
    switch (format) {
    case LATHE_Q4_0:
    case LATHE_IQ4_NL: return columns / 32 * 18;
    case LATHE_Q4_1: return columns / 32 * 20;
    case LATHE_Q5_0: return columns / 32 * 22;
    case LATHE_Q5_1: return columns / 32 * 24;
    case LATHE_Q8_0: return columns / 32 * 34;
    case LATHE_Q2_K: return columns * 84 / 256;
    case LATHE_Q3_K: return columns * 110 / 256;
    case LATHE_Q4_K: return columns * 144 / 256;
    case LATHE_Q5_K: return columns * 176 / 256;
    case LATHE_Q6_K: return columns * 210 / 256;
    case LATHE_IQ4_XS: return columns * 136 / 256;
    default: return 0;
    }
}

/// One block: 32 bytes, and scale and minimum of each half (or of the whole, in the first place).
typedef struct {
    uint8_t bytes[32];
    float scale[2], minimum[2];
} integer_block;

static inline float block_half(const uint8_t *p) {
    uint16_t half;
    memcpy(&half, p, 2);
    return f16_to_float(half);
}

/// Scale and minimum `i` of the eight of Q4_K and Q5_K, 6 bits each.
static inline void packed_six_bits(const uint8_t *s, long i, int *scale, int *minimum) {
    if (i < 4) {
        *scale = s[i] & 63;
        *minimum = s[i + 4] & 63;
    } else {
        *scale = (s[i + 4] & 15) | (s[i - 4] >> 6) << 4;
        *minimum = s[i + 4] >> 4 | (s[i] >> 6) << 4;
    }
}

/// What the sixteen codes of IQ4_NL and IQ4_XS stand for: closer together where weights are frequent.
static const int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

/// Scale `i` of the eight of the IQ4_XS block at `p`, 6 bits each.
static inline int iq4_scale(const uint8_t *p, long i) {
    uint16_t high;
    memcpy(&high, p + 2, 2);
    return ((p[4 + i / 2] >> 4 * (i % 2) & 15) | (high >> 2 * i & 3) << 4) - 32;
}

/// The 16 scales of Q3_K: low nibbles in bytes 0..7, upper two bits in bytes 8..11.
static inline int q3_scale(const uint8_t *packed, long i) {
    int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
    return (low | (packed[8 + i % 4] >> 2 * (i / 4) & 3) << 4) - 32;
}

/// 32 numbers of 16 bytes of codes, 128 added.
static inline __attribute__((always_inline)) void iq4_bytes(const uint8_t *q, uint8_t *bytes) {
    for (int j = 0; j < 16; j++) {
        bytes[j] = (uint8_t)(iq4_values[q[j] & 15] + 128);
        bytes[j + 16] = (uint8_t)(iq4_values[q[j] >> 4] + 128);
    }
}

/// Block `b` of a row of super-blocks of 256, `format` known where this is inlined.
static inline __attribute__((always_inline)) void unpack_super_block(
    lathe_format format, const uint8_t *row, long b, integer_block *to) {
    uint8_t *bytes = to->bytes;
    switch (format) {
    case LATHE_Q2_K: {
        const uint8_t *p = row + b / 8 * 84, *q = p + 16 + b % 8 / 4 * 32, *scales = p + b % 8 * 2;
        float d = block_half(p + 80), minimum = block_half(p + 82);
        int shift = (int)(b % 4) * 2;
        for (int j = 0; j < 32; j++) bytes[j] = q[j] >> shift & 3;
        for (int h = 0; h < 2; h++) {
            to->scale[h] = d * (float)(scales[h] & 15);
            to->minimum[h] = -(minimum * (float)(scales[h] >> 4));
        }
        return;
    }
    case LATHE_Q3_K: {
        const uint8_t *p = row + b / 8 * 110, *q = p + 32 + b % 8 / 4 * 32;
        float d = block_half(p + 108);
        int shift = (int)(b % 4) * 2, high = (int)(b % 8);
        for (int j = 0; j < 32; j++) bytes[j] = (uint8_t)((q[j] >> shift & 3) | (p[j] >> high & 1) << 2);
        for (int h = 0; h < 2; h++) to->scale[h] = d * (float)q3_scale(p + 96, b % 8 * 2 + h);
        return;
    }
    case LATHE_Q4_K:
    case LATHE_Q5_K: {
        const uint8_t *p = row + b / 8 * (format == LATHE_Q4_K ? 144 : 176);
        const uint8_t *q = p + (format == LATHE_Q4_K ? 16 : 48) + b % 8 / 2 * 32, *high = p + 16;
        int scale, minimum, shift = (int)(b & 1) * 4, bit = (int)(b % 8);
        packed_six_bits(p + 4, b % 8, &scale, &minimum);
        to->scale[0] = block_half(p) * (float)scale;
        to->minimum[0] = -(block_half(p + 2) * (float)minimum);
        for (int j = 0; j < 32; j++) {
            bytes[j] = q[j] >> shift & 15;
            if (format == LATHE_Q5_K) bytes[j] |= (uint8_t)((high[j] >> bit & 1) << 4);
        }
        return;
    }
    case LATHE_Q6_K: {
        // Four parts of 32 share 64 low and 32 high bytes: part bits pick the low half and the nibble.
        const uint8_t *p = row + b / 8 * 210, *low = p + b % 8 / 4 * 64 + (b & 1) * 32, *high = p + 128 + b % 8 / 4 * 32;
        const int8_t *scales = (const int8_t *)p + 192 + b % 8 * 2;
        float d = block_half(p + 208);
        int shift = (int)(b % 4 / 2) * 4, bits = (int)(b % 4) * 2;
        for (int j = 0; j < 32; j++) bytes[j] = (uint8_t)((low[j] >> shift & 15) | (high[j] >> bits & 3) << 4);
        for (int h = 0; h < 2; h++) to->scale[h] = d * (float)scales[h];
        return;
    }
    case LATHE_IQ4_XS: {
        const uint8_t *p = row + b / 8 * 136, *q = p + 8 + b % 8 * 16;
        to->scale[0] = block_half(p) * (float)iq4_scale(p, b % 8);
        iq4_bytes(q, bytes);
        return;
    }
    default: return;
    }
}

/// Block `b` of a row of `format`, `format` known where this is inlined.
static inline __attribute__((always_inline)) void unpack_block(
    lathe_format format, const uint8_t *row, long b, integer_block *to) {
    uint8_t *bytes = to->bytes;
    switch (format) {
    case LATHE_Q4_0:
    case LATHE_Q4_1: {
        const uint8_t *p = row + b * (format == LATHE_Q4_0 ? 18 : 20), *q = p + (format == LATHE_Q4_0 ? 2 : 4);
        to->scale[0] = block_half(p);
        if (format == LATHE_Q4_1) to->minimum[0] = block_half(p + 2);
        for (int j = 0; j < 16; j++) {
            bytes[j] = q[j] & 15;
            bytes[j + 16] = q[j] >> 4;
        }
        return;
    }
    case LATHE_Q5_0:
    case LATHE_Q5_1: {
        const uint8_t *p = row + b * (format == LATHE_Q5_0 ? 22 : 24), *q = p + (format == LATHE_Q5_0 ? 6 : 8);
        uint32_t high;
        memcpy(&high, q - 4, 4);
        to->scale[0] = block_half(p);
        if (format == LATHE_Q5_1) to->minimum[0] = block_half(p + 2);
        for (int j = 0; j < 16; j++) {
            bytes[j] = (uint8_t)((q[j] & 15) | (high >> j & 1) << 4);
            bytes[j + 16] = (uint8_t)((q[j] >> 4) | (high >> (j + 16) & 1) << 4);
        }
        return;
    }
    case LATHE_Q8_0: {
        const uint8_t *p = row + b * 34;
        to->scale[0] = block_half(p);
        for (int j = 0; j < 32; j++) bytes[j] = p[2 + j] ^ 0x80;  // from −128..127 to 0..255
        return;
    }
    case LATHE_IQ4_NL:
        to->scale[0] = block_half(row + b * 18);
        iq4_bytes(row + b * 18 + 2, bytes);
        return;
    default: return unpack_super_block(format, row, b, to);
    }
}
