// c[p, q] += Σ over token rows n of a[n, p] · b[n, q]: an adapter's gradient, few `p` (its rank) and many `q`.
#ifndef VARIANT
#include "internal.h"

static void rows_scalar(const lathe_rows_product *p) {
    for (long i = 0; i < p->few; i++)
        for (long j = 0; j < p->many; j++) {
            float sum = 0;
            for (long n = 0; n < p->rows; n++)
                sum += load1(p->a, n * p->a_stride + i, p->type) * load1(p->b, n * p->b_stride + j, p->type);
            p->c[i * p->c_few + j * p->c_many] += sum;
        }
}

#define VARIANT_FILE "rowsproduct.c"
#define VARIANT_PAIRS
#include "variants.h"

void lathe_multiply_rows(const lathe_rows_product *product) {
    LATHE_DISPATCH_PAIRS(product->type == LATHE_BF16, rows, product);
}

#else

/// Adds a tile of `mr` × 2·LANES sums to c. `left` holds a transposed: `[few][rows]` numbers, or pairs of rows.
LATHE_INLINE void VARIANT(rows_tile)(const lathe_rows_product *p, int mr, const void *left, long first, long column) {
    V sums[8][2];
    for (int m = 0; m < mr; m++) sums[m][0] = sums[m][1] = v_set1(0);
    long n = p->many - column;
#ifdef HAS_PAIR_PRODUCT
    const __m512i low = _mm512_set_epi32(
        0x002f000f, 0x002e000e, 0x002d000d, 0x002c000c, 0x002b000b, 0x002a000a, 0x00290009, 0x00280008, 0x00270007,
        0x00260006, 0x00250005, 0x00240004, 0x00230003, 0x00220002, 0x00210001, 0x00200000);
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    const uint16_t *b = (const uint16_t *)p->b + column;
    __mmask32 some = n >= 32 ? 0xffffffff : (1u << n) - 1;
    long pairs = (p->rows + 1) / 2;
    const int *a = (const int *)left + first * pairs;
    for (long k = 0; k < pairs; k++, b += 2 * p->b_stride) {
        __m512i even = _mm512_maskz_loadu_epi16(some, b);
        __m512i odd = 2 * k + 1 < p->rows ? _mm512_maskz_loadu_epi16(some, b + p->b_stride) : _mm512_setzero_si512();
        __m512bh right[2] = {
            (__m512bh)_mm512_permutex2var_epi16(even, low, odd), (__m512bh)_mm512_permutex2var_epi16(even, high, odd)};
        for (int m = 0; m < mr; m++) {
            __m512bh pair = (__m512bh)_mm512_set1_epi32(a[m * pairs + k]);
            sums[m][0] = _mm512_dpbf16_ps(sums[m][0], pair, right[0]);
            sums[m][1] = _mm512_dpbf16_ps(sums[m][1], pair, right[1]);
        }
    }
#else
    const float *a = (const float *)left + first * p->rows;
    for (long k = 0; k < p->rows; k++) {
        V right[2];
        for (int v = 0; v < 2; v++)
            right[v] = n > v * LANES ? v_load(p->b, k * p->b_stride + column + v * LANES, p->type, n - v * LANES) : v_set1(0);
        for (int m = 0; m < mr; m++)
            for (int v = 0; v < 2; v++) sums[m][v] = v_fma(v_set1(a[m * p->rows + k]), right[v], sums[m][v]);
    }
#endif
    for (int m = 0; m < mr; m++) {
        float numbers[2 * LANES];
        for (int v = 0; v < 2; v++) v_store(numbers, v * LANES, LATHE_F32, sums[m][v], LANES);
        float *c = p->c + (first + m) * p->c_few + column * p->c_many;
        for (long j = 0; j < n && j < 2 * LANES; j++) c[j * p->c_many] += numbers[j];
    }
}

static void VARIANT(rows)(const lathe_rows_product *p) {
#ifdef HAS_PAIR_PRODUCT
    long pairs = (p->rows + 1) / 2;
    uint32_t *left = lathe_scratch(2, (size_t)(p->few * pairs) * 4);
    const uint16_t *a = p->a;
    for (long k = 0; k < pairs; k++, a += 2 * p->a_stride)
        for (long i = 0; i < p->few; i++)
            left[i * pairs + k] = a[i] | (2 * k + 1 < p->rows ? (uint32_t)a[p->a_stride + i] << 16 : 0);
#else
    float *left = lathe_scratch(2, (size_t)(p->few * p->rows) * 4);
    for (long k = 0; k < p->rows; k++)
        for (long i = 0; i < p->few; i++) left[i * p->rows + k] = load1(p->a, k * p->a_stride + i, p->type);
#endif
    for (long column = 0; column < p->many; column += 2 * LANES) {
        long first = 0;
        // With AVX2 four rows of sums and what they are made from fill the registers.
        for (; LANES == 16 && first + 8 <= p->few; first += 8) VARIANT(rows_tile)(p, 8, left, first, column);
        for (; first + 4 <= p->few; first += 4) VARIANT(rows_tile)(p, 4, left, first, column);
        for (; first < p->few; first++) VARIANT(rows_tile)(p, 1, left, first, column);
    }
}
#endif
