// Panels: a matrix laid out for products (see `lathe_panel_product`), 64 columns side by side. Both layouts move 32-bit words:
// a number of fp32, or a pair of bf16 that neighbours along the depth.
#include "internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef uint32_t word;

static void transpose_scalar(const word *rows, long stride, long count, long depth, word *panel, long width) {
    for (long k = 0; k < depth; k++)
        for (long column = 0; column < count; column++) panel[k * width + column] = rows[column * stride + k];
}

#if defined(__x86_64__)
/// 16 × 16 words: rows of `from` become columns of `to`.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))) static inline void transpose_words_avx512(
    const word *from, long stride, word *to, long to_stride) {
    __m512i r[16], t[16];
    for (int i = 0; i < 16; i++) r[i] = _mm512_loadu_si512(from + i * stride);
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd);
        t[8 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
    }
    for (int i = 0; i < 8; i++) {
        // Column i of the tile in 128-bit lane i / 4 of the four row groups.
        _mm512_storeu_si512(to + i * to_stride, _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88));
        _mm512_storeu_si512(to + (8 + i) * to_stride, _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd));
    }
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))) static void transpose_avx512(
    const word *rows, long stride, long count, long depth, word *panel, long width) {
    long column = 0, whole = depth / 16 * 16;
    for (; column + 16 <= count; column += 16) {
        for (long k = 0; k < whole; k += 16)
            transpose_words_avx512(rows + column * stride + k, stride, panel + k * width + column, width);
        transpose_scalar(rows + column * stride + whole, stride, 16, depth - whole, panel + whole * width + column, width);
    }
    transpose_scalar(rows + column * stride, stride, count - column, depth, panel + column, width);
}

#endif

void lathe_panel_from_columns(const void *columns, lathe_type type, long stride, long count, long depth, void *panel) {
    long words = type == LATHE_F32 ? depth : depth / 2, step = type == LATHE_F32 ? stride : stride / 2;
    long width = panel_width(count);
    if (count < width) memset(panel, 0, (size_t)(words * width) * 4);
#if defined(__x86_64__)
    if (lathe_current_isa() == LATHE_AVX512) {
        transpose_avx512(columns, step, count, words, panel, width);
        return;
    }
#endif
    transpose_scalar(columns, step, count, words, panel, width);
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))) static void interleave_avx512(
    const uint16_t *first, const uint16_t *second, uint16_t *to) {
    __m512i a = _mm512_loadu_si512(first), b = _mm512_loadu_si512(second);
    __m512i low = _mm512_unpacklo_epi16(a, b), high = _mm512_unpackhi_epi16(a, b);
    __m512i order = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), rest = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    _mm512_storeu_si512(to, _mm512_permutex2var_epi64(low, order, high));
    _mm512_storeu_si512(to + 32, _mm512_permutex2var_epi64(low, rest, high));
}
#endif

void lathe_panels_from_rows(
    const void *rows, lathe_type type, long stride, long count, long columns, void *panels, long panel_depth, long start) {
#if defined(__x86_64__)
    bool quick = lathe_current_isa() == LATHE_AVX512;
#endif
    long step = type == LATHE_F32 ? 1 : 2;
    static const uint16_t nothing[LATHE_PANEL];
    for (long column = 0; column < columns; column += LATHE_PANEL) {
        long n = columns - column < LATHE_PANEL ? columns - column : LATHE_PANEL, width = panel_width(n);
        word *panel = (word *)panels + column * (panel_depth / step) + start / step * width;
        for (long row = 0; row < count; row += step, panel += width) {
            if (type == LATHE_F32) {
                memcpy(panel, (const float *)rows + row * stride + column, (size_t)n * 4);
                memset(panel + n, 0, (size_t)(width - n) * 4);
                continue;
            }
            const uint16_t *first = (const uint16_t *)rows + row * stride + column;
            const uint16_t *second = row + 1 < count ? first + stride : nothing;
            long j = 0;
#if defined(__x86_64__)
            for (; quick && j + 32 <= n; j += 32) interleave_avx512(first + j, second + j, (uint16_t *)(panel + j));
#endif
            for (; j < width; j++) panel[j] = j < n ? (word)first[j] | (word)second[j] << 16 : 0;
        }
    }
}

static void transpose_numbers(
    const void *from, lathe_type type, long stride, long rows, long columns, void *to, long to_stride) {
    for (long row = 0; row < rows; row++)
        for (long column = 0; column < columns; column++)
            if (type == LATHE_F32) ((float *)to)[column * to_stride + row] = ((const float *)from)[row * stride + column];
            else ((uint16_t *)to)[column * to_stride + row] = ((const uint16_t *)from)[row * stride + column];
}

#if defined(__x86_64__)
/// 32 × 32 numbers of 16 bits.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))) static void transpose_halves_avx512(
    const uint16_t *from, long stride, uint16_t *to, long to_stride) {
    word pairs[16][32];  // [pair of columns][row]
    transpose_words_avx512((const word *)from, stride / 2, pairs[0], 32);
    transpose_words_avx512((const word *)(from + 16 * stride), stride / 2, pairs[0] + 16, 32);
    for (int i = 0; i < 16; i++) {
        __m512i first = _mm512_loadu_si512(pairs[i]), second = _mm512_loadu_si512(pairs[i] + 16);
        __m512i low = _mm512_inserti64x4(
            _mm512_castsi256_si512(_mm512_cvtepi32_epi16(first)), _mm512_cvtepi32_epi16(second), 1);
        __m512i high = _mm512_inserti64x4(
            _mm512_castsi256_si512(_mm512_cvtepi32_epi16(_mm512_srli_epi32(first, 16))),
            _mm512_cvtepi32_epi16(_mm512_srli_epi32(second, 16)), 1);
        _mm512_storeu_si512(to + 2 * i * to_stride, low);
        _mm512_storeu_si512(to + (2 * i + 1) * to_stride, high);
    }
}

/// `rows` and `columns` are whole tiles.
static void transpose_tiles_avx512(
    const void *from, lathe_type type, long stride, long rows, long columns, void *to, long to_stride) {
    long tile = type == LATHE_F32 ? 16 : 32;
    for (long row = 0; row < rows; row += tile)
        for (long column = 0; column < columns; column += tile) {
            const void *place = at(from, row * stride + column, type);
            void *target = at_mutable(to, column * to_stride + row, type);
            if (type == LATHE_F32) transpose_words_avx512(place, stride, target, to_stride);
            else transpose_halves_avx512(place, stride, target, to_stride);
        }
}
#endif

void lathe_transpose(const void *from, lathe_type type, long stride, long rows, long columns, void *to, long to_stride) {
    long whole_rows = 0, whole_columns = 0;
#if defined(__x86_64__)
    long tile = type == LATHE_F32 ? 16 : 32;
    if (lathe_current_isa() == LATHE_AVX512 && (type == LATHE_F32 || stride % 2 == 0)) {
        whole_rows = rows / tile * tile, whole_columns = columns / tile * tile;
        transpose_tiles_avx512(from, type, stride, whole_rows, whole_columns, to, to_stride);
    }
#endif
    transpose_numbers(
        at(from, whole_columns, type), type, stride, whole_rows, columns - whole_columns,
        at_mutable(to, whole_columns * to_stride, type), to_stride);
    transpose_numbers(
        at(from, whole_rows * stride, type), type, stride, rows - whole_rows, columns, at_mutable(to, whole_rows, type),
        to_stride);
}
