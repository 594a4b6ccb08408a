// Rows of stored blocks times rows of whole numbers: dot products of bytes, summed block by block.
//
// Sums of integers are exact in any order, and the floats of a row's blocks are added in the blocks' order everywhere. So each
// number of the result has the same bits on every instruction set, whatever is computed beside it.
//
// The variants take LANES rows at a time, a row a lane: four neighbouring bytes of each row fill a vector, and a step of the
// product multiplies them with four coarse or four fine bytes of x.
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

#include "tile_blocks.h"

/// sums + weights · four bytes of x, the same for all rows.
LATHE_INLINE I VARIANT(dot)(bool is_signed, I sums, I weights, const int8_t *four) {
    int bytes;
    memcpy(&bytes, four, 4);
    return is_signed ? i_dot_signed(sums, weights, i_set1(bytes)) : i_dot(sums, weights, i_set1(bytes));
}

/// Adds what a block gives for `count` rows of x; all but `block` and `b` known where this is inlined.
LATHE_INLINE void VARIANT(multiply_block)(
    lathe_format format, int count, const VARIANT(tile_block) *block, const int8_t *numbers, const lathe_block_facts *facts,
    long blocks, V *results) {
    const block_kind kind = kind_of(format);
    const bool is_signed = kind.offset == 128 && !HAS_VNNI;
    const int offset = is_signed ? 0 : kind.offset, groups = 8 / kind.halves;
    const long stride = blocks * 64;
    for (int h = 0; h < kind.halves; h++) {
        I coarse[4], fine[4];
        int totals[4];
        for (int n = 0; n < count; n++) {
            const lathe_block_facts *f = facts + n * blocks;
            totals[n] = kind.halves == 1 ? f->total : h == 0 ? f->half : f->total - f->half;
            coarse[n] = i_set1(0);
            fine[n] = i_set1(-offset * totals[n]);
        }
        for (int g = h * groups; g < (h + 1) * groups; g++)
            for (int n = 0; n < count; n++) {
                coarse[n] = VARIANT(dot)(is_signed, coarse[n], block->bytes[g], numbers + n * stride + g * 4);
                fine[n] = VARIANT(dot)(is_signed, fine[n], block->bytes[g], numbers + n * stride + g * 4 + 32);
            }
        for (int n = 0; n < count; n++) {
            const lathe_block_facts *f = facts + n * blocks;
            results[n] += i_floats(i_combine(coarse[n], fine[n])) * (block->scale[h] * v_set1(f->scale));
            if (kind.has_minimum)
                results[n] += block->minimum[h] * v_set1(kind.halves == 1 ? f->sum : f->scale * (float)totals[n]);
        }
    }
}

/// The tile times `count` rows of x from `first` on: from `panel`, or straight from the rows where there is none.
LATHE_INLINE void VARIANT(multiply)(
    lathe_format format, int count, const uint8_t *const *rows, const uint8_t *const *ahead, const VARIANT(tile_block) *panel,
    const lathe_integers *x, long first, long left, float *y, long stride, bool accumulate) {
    const long blocks = x->columns / 32, size = row_bytes(format, 32);
    const int8_t *numbers = x->numbers + first * blocks * 64;
    const lathe_block_facts *facts = x->facts + first * blocks;
    V results[4];
    for (int n = 0; n < count; n++) results[n] = v_set1(0);
    for (long b = 0; b < blocks; b++, numbers += 64, facts++) {
        // The next tile's rows come while this one is multiplied; a row's line is asked for once or twice.
        const long every = size > 32 ? 1 : 64 / size;
        if (first == 0)
            for (long row = b % every; row < LANES; row += every) __builtin_prefetch(ahead[row] + b * size);
        if (panel) {
            VARIANT(multiply_block)(format, count, panel + b, numbers, facts, blocks, results);
        } else {
            VARIANT(tile_block) block;
            VARIANT(read_block)(format, rows, b, &block);
            VARIANT(multiply_block)(format, count, &block, numbers, facts, blocks, results);
        }
    }
    for (int n = 0; n < count; n++) {
        float *to = y + (first + n) * stride;
        v_store(to, 0, LATHE_F32, accumulate ? v_load(to, 0, LATHE_F32, left) + results[n] : results[n], left);
    }
}

/// A tile times all rows of x. Few read its blocks as they come; more share a panel of them.
LATHE_INLINE void VARIANT(multiply_tile)(
    lathe_format format, const uint8_t *const *rows, const uint8_t *const *ahead, VARIANT(tile_block) *panel,
    const lathe_integers *x, long left, float *y, long stride, bool accumulate) {
#define MULTIPLY(count, panel)                                                                                            \
    VARIANT(multiply)(format, count, rows, ahead, panel, x, n, left, y, stride, accumulate)
    long n = 0;
    switch (x->rows) {
    case 0: return;
    case 1: return MULTIPLY(1, NULL);
    case 2: return MULTIPLY(2, NULL);
    case 4: return MULTIPLY(4, NULL);
    default: break;
    }
    for (long b = 0; b < x->columns / 32; b++) VARIANT(read_block)(format, rows, b, panel + b);
    for (; n + 4 <= x->rows; n += 4) MULTIPLY(4, panel);
    for (; n < x->rows; n++) MULTIPLY(1, panel);
#undef MULTIPLY
}

#define ROWS_OF(name)                                                                                                      \
    static void VARIANT(rows_of_##name)(                                                                                   \
        const uint8_t *const *rows, long count, const lathe_integers *x, float *y, long stride, bool accumulate) {         \
        VARIANT(tile_block) *panel = lathe_scratch(0, (size_t)(x->columns / 32) * sizeof *panel);                          \
        const uint8_t *tiles[2][LANES];                                                                                    \
        for (long lane = 0; lane < LANES; lane++) tiles[0][lane] = rows[lane < count ? lane : count - 1];                  \
        for (long row = 0; row < count; row += LANES) {                                                                    \
            const uint8_t **tile = tiles[row / LANES % 2], **ahead = tiles[1 - row / LANES % 2];                           \
            for (long lane = 0; lane < LANES; lane++)                                                                      \
                ahead[lane] = rows[row + LANES + lane < count ? row + LANES + lane : count - 1];                           \
            VARIANT(multiply_tile)(name, tile, ahead, panel, x, count - row, y + row, stride, accumulate);                 \
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
