// Rows of stored blocks times rows of whole numbers: dot products of bytes, summed block by block.
//
// Sums of integers are exact in any order, and the floats of a row's blocks are added in the blocks' order everywhere. So each
// number of the result has the same bits on every instruction set, whatever is computed beside it.
//
// The variants take LANES rows at a time. Their blocks become a panel in which four neighbouring bytes of each row stand side
// by side, `[block][8][LANES][4]`; a step of the product multiplies them with four coarse or four fine bytes of x.
#ifndef VARIANT
#include "blocks.h"
#include "integer_dots.h"

static void integer_rows_scalar(
    lathe_format format, const uint8_t *const *rows, long count, const lathe_integers *x, float *y, long stride, bool accumulate) {
    block_kind kind = kind_of(format);
    long blocks = x->columns / 32;
    for (long row = 0; row < count; row++)
        for (long n = 0; n < x->rows; n++) {
            const int8_t *numbers = x->numbers + n * x->columns * 2;
            const lathe_block_facts *facts = x->facts + n * blocks;
            float sum = 0;
            for (long b = 0; b < blocks; b++, numbers += 64, facts++) {
                integer_block block;
                switch (format) {
#define UNPACK(name) case name: unpack_block(name, rows[row], b, &block); break;
                LATHE_INTEGER_FORMATS(UNPACK)
#undef UNPACK
                default: return;
                }
                for (int h = 0; h < kind.halves; h++) {
                    int total = 0, numbers_sum = 0, width = 32 / kind.halves;
                    for (int j = h * width; j < (h + 1) * width; j++) {
                        int number = 254 * numbers[j] + numbers[j + 32];
                        total += (block.bytes[j] - kind.offset) * number;
                        numbers_sum += number;
                    }
                    sum += (float)total * (block.scale[h] * facts->scale);
                    if (kind.has_minimum) sum += block.minimum[h] * (facts->scale * (float)numbers_sum);
                }
            }
            float *to = y + n * stride + row;
            *to = accumulate ? *to + sum : sum;
        }
}

#define VARIANT_FILE "integer_rows.c"
#include "integer_variants.h"

bool lathe_has_integers(lathe_format format) { return kind_of(format).is_integer; }

void lathe_integer_rows(
    lathe_format format, const void *const *rows, long count, const lathe_integers *x, float *y, long stride, bool accumulate) {
    const uint8_t *const *bytes = (const uint8_t *const *)rows;
#if defined(__x86_64__)
    switch (lathe_current_dots()) {
    case LATHE_DOTS_AVX512_VNNI: return integer_rows_avx512_vnni(format, bytes, count, x, y, stride, accumulate);
    case LATHE_DOTS_AVX512: return integer_rows_avx512(format, bytes, count, x, y, stride, accumulate);
    case LATHE_DOTS_AVX_VNNI: return integer_rows_avx_vnni(format, bytes, count, x, y, stride, accumulate);
    case LATHE_DOTS_AVX2: return integer_rows_avx2(format, bytes, count, x, y, stride, accumulate);
    default: break;
    }
#endif
    integer_rows_scalar(format, bytes, count, x, y, stride, accumulate);
}

#else

/// Four times 4 bytes of each row: four vectors in which a row's bytes stand in the row's lane.
LATHE_INLINE void VARIANT(turn)(const uint8_t *const *rows, long place, I to[4]) {
    I a = i_rows(rows, 0, place), b = i_rows(rows, 1, place), c = i_rows(rows, 2, place), d = i_rows(rows, 3, place);
    I ab_low = i_low32(a, b), ab_high = i_high32(a, b), cd_low = i_low32(c, d), cd_high = i_high32(c, d);
    to[0] = i_low64(ab_low, cd_low);
    to[1] = i_high64(ab_low, cd_low);
    to[2] = i_low64(ab_high, cd_high);
    to[3] = i_high64(ab_high, cd_high);
}

/// Bytes from 0 to 255, as VNNI multiplies them, are kept signed where products of pairs must fit 16 bits.
LATHE_INLINE I VARIANT(wide)(I bytes) {
#if HAS_VNNI
    return i_xor(bytes, i_set1((int)0x80808080));
#else
    return bytes;
#endif
}

/// Blocks of 4 bits or 8 bits, straight from the rows.
LATHE_INLINE void VARIANT(plain_panel)(
    lathe_format format, const uint8_t *const *rows, long blocks, int8_t *panel, float *scales, float *minima) {
    const bool is_wide = format == LATHE_Q8_0, has_minimum = format == LATHE_Q4_1;
    const long size = is_wide ? 34 : has_minimum ? 20 : 18, head = has_minimum ? 4 : 2;
    uint16_t *scale_halves = (uint16_t *)minima, *minimum_halves = (uint16_t *)panel;
    for (int row = 0; row < LANES; row++)
        for (long b = 0; b < blocks; b++) {
            memcpy(scale_halves + b * LANES + row, rows[row] + b * size, 2);
            if (has_minimum) memcpy(minimum_halves + b * LANES + row, rows[row] + b * size + 2, 2);
        }
    for (long b = 0; b < blocks; b++) v_store(scales, b * LANES, LATHE_F32, i_halves(scale_halves + b * LANES), LANES);
    if (has_minimum)
        for (long b = 0; b < blocks; b++) v_store(minima, b * LANES, LATHE_F32, i_halves(minimum_halves + b * LANES), LANES);
    const I nibble = i_set1(0x0f0f0f0f);
    for (long b = 0; b < blocks; b++, panel += 32 * LANES) {
        I low[4], high[4];
        VARIANT(turn)(rows, b * size + head, low);
        if (is_wide) VARIANT(turn)(rows, b * size + head + 16, high);
        for (int g = 0; g < 4; g++) {
            i_store(panel + g * 4 * LANES, is_wide ? VARIANT(wide)(low[g]) : i_and(low[g], nibble));
            i_store(panel + (g + 4) * 4 * LANES, is_wide ? VARIANT(wide)(high[g]) : i_and(i_right4(low[g]), nibble));
        }
    }
}

/// Blocks of any format, unpacked row by row first.
LATHE_INLINE void VARIANT(unpacked_panel)(
    lathe_format format, const uint8_t *const *rows, long blocks, int8_t *panel, float *scales, float *minima) {
    const block_kind kind = kind_of(format);
    for (long b = 0; b < blocks; b++, panel += 32 * LANES) {
        integer_block unpacked[LANES];
        const uint8_t *bytes[LANES];
        for (int row = 0; row < LANES; row++) {
            unpack_block(format, rows[row], b, unpacked + row);
            bytes[row] = unpacked[row].bytes;
            for (int h = 0; h < kind.halves; h++) {
                scales[(b * kind.halves + h) * LANES + row] = unpacked[row].scale[h];
                if (kind.has_minimum) minima[(b * kind.halves + h) * LANES + row] = unpacked[row].minimum[h];
            }
        }
        for (int part = 0; part < 2; part++) {
            I turned[4];
            VARIANT(turn)(bytes, part * 16, turned);
            for (int g = 0; g < 4; g++) i_store(panel + (part * 4 + g) * 4 * LANES, turned[g]);
        }
    }
}

/// sums + weights · four bytes of x, the same for all rows.
LATHE_INLINE I VARIANT(dot)(bool is_signed, I sums, I weights, const int8_t *four) {
    int bytes;
    memcpy(&bytes, four, 4);
    return is_signed ? i_dot_signed(sums, weights, i_set1(bytes)) : i_dot(sums, weights, i_set1(bytes));
}

/// The panel times `count` rows of x, `count` and the kind known where this is inlined.
LATHE_INLINE void VARIANT(multiply)(
    int count, int halves, bool has_minimum, bool is_signed, int offset, const int8_t *panel, const float *scales,
    const float *minima, const lathe_integers *x, long first, V *sums) {
    const long blocks = x->columns / 32, stride = x->columns * 2;
    const int8_t *numbers = x->numbers + first * stride;
    const lathe_block_facts *facts = x->facts + first * blocks;
    V results[4];
    for (int n = 0; n < count; n++) results[n] = v_set1(0);
    for (long b = 0; b < blocks; b++)
        for (int h = 0; h < halves; h++) {
            I coarse[4], fine[4];
            int totals[4];
            for (int n = 0; n < count; n++) {
                const lathe_block_facts *f = facts + n * blocks + b;
                totals[n] = halves == 1 ? f->total : h == 0 ? f->half : f->total - f->half;
                coarse[n] = i_set1(0);
                fine[n] = i_set1(-offset * totals[n]);
            }
            for (int g = 0; g < 8 / halves; g++, panel += 4 * LANES) {
                I weights = i_load(panel);
                for (int n = 0; n < count; n++) {
                    const int8_t *four = numbers + n * stride + b * 64 + h * 16 + g * 4;
                    coarse[n] = VARIANT(dot)(is_signed, coarse[n], weights, four);
                    fine[n] = VARIANT(dot)(is_signed, fine[n], weights, four + 32);
                }
            }
            V scale = v_load(scales, (b * halves + h) * LANES, LATHE_F32, LANES);
            for (int n = 0; n < count; n++)
                results[n] += i_floats(i_combine(coarse[n], fine[n])) * (scale * v_set1(facts[n * blocks + b].scale));
            if (has_minimum) {
                V minimum = v_load(minima, (b * halves + h) * LANES, LATHE_F32, LANES);
                for (int n = 0; n < count; n++) {
                    const lathe_block_facts *f = facts + n * blocks + b;
                    results[n] += minimum * v_set1(halves == 1 ? f->sum : f->scale * (float)totals[n]);
                }
            }
        }
    for (int n = 0; n < count; n++) sums[n] = results[n];
}

LATHE_INLINE void VARIANT(multiply_all)(
    lathe_format format, const int8_t *panel, const float *scales, const float *minima, const lathe_integers *x, long rows,
    float *y, long stride, bool accumulate) {
    const block_kind kind = kind_of(format);
    const bool is_signed = format == LATHE_Q8_0 && !HAS_VNNI;
    const int offset = is_signed ? 0 : kind.offset;
    for (long n = 0; n < x->rows;) {
        V sums[4];
        long left = x->rows - n;
        int count = left >= 4 ? 4 : left >= 2 ? 2 : 1;
#define MULTIPLY(count)                                                                                                    \
    case count:                                                                                                            \
        VARIANT(multiply)(                                                                                                 \
            count, kind.halves, kind.has_minimum, is_signed, offset, panel, scales, minima, x, n, sums);                   \
        break;
        switch (count) {
            MULTIPLY(4)
            MULTIPLY(2)
            MULTIPLY(1)
        }
#undef MULTIPLY
        for (int i = 0; i < count; i++) {
            float *to = y + (n + i) * stride;
            v_store(to, 0, LATHE_F32, accumulate ? v_load(to, 0, LATHE_F32, rows) + sums[i] : sums[i], rows);
        }
        n += count;
    }
}

#define ROWS_OF(name)                                                                                                      \
    static void VARIANT(rows_of_##name)(                                                                                   \
        const uint8_t *const *rows, long count, const lathe_integers *x, float *y, long stride, bool accumulate) {         \
        const block_kind kind = kind_of(name);                                                                             \
        const long blocks = x->columns / 32, scale_count = blocks * kind.halves * LANES;                                   \
        int8_t *panel = lathe_scratch(0, (size_t)(blocks * 32 * LANES + 8 * scale_count));                                 \
        float *scales = (float *)(panel + blocks * 32 * LANES), *minima = scales + scale_count;                            \
        for (long row = 0; row < count; row += LANES) {                                                                    \
            const uint8_t *tile[LANES];                                                                                    \
            for (long lane = 0; lane < LANES; lane++) tile[lane] = rows[row + lane < count ? row + lane : count - 1];      \
            if (name == LATHE_Q4_0 || name == LATHE_Q4_1 || name == LATHE_Q8_0)                                            \
                VARIANT(plain_panel)(name, tile, blocks, panel, scales, minima);                                           \
            else                                                                                                           \
                VARIANT(unpacked_panel)(name, tile, blocks, panel, scales, minima);                                        \
            VARIANT(multiply_all)(                                                                                         \
                name, panel, scales, minima, x, count - row, y + row, stride, accumulate);                                 \
        }                                                                                                                  \
    }
LATHE_INTEGER_FORMATS(ROWS_OF)
#undef ROWS_OF

static void VARIANT(integer_rows)(
    lathe_format format, const uint8_t *const *rows, long count, const lathe_integers *x, float *y, long stride, bool accumulate) {
    switch (format) {
#define CASE(name) case name: return VARIANT(rows_of_##name)(rows, count, x, y, stride, accumulate);
        LATHE_INTEGER_FORMATS(CASE)
#undef CASE
    default: return;
    }
}

#endif
