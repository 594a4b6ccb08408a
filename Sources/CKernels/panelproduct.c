// output[rows, columns] = alpha · Σ left · panels (+ bias) (+ base), a tile of accumulators at a time: every sum stays in
// registers from its first product to its last, and is rounded to the output's type once.
#ifndef VARIANT
#include "internal.h"

static float term_dot(const lathe_panel_product *p, const lathe_term *t, long row, long column) {
    long lane = column % LATHE_PANEL, first = column - lane, width = panel_width(p->columns - first);
    float sum = 0;
    if (p->type == LATHE_F32) {
        const float *a = (const float *)t->left + row * t->stride;
        const float *b = (const float *)t->panels + first * t->depth + lane;
        for (long k = 0; k < t->depth; k++) sum += a[k] * b[k * width];
    } else {
        const uint16_t *a = (const uint16_t *)t->left + row * t->stride;
        const uint16_t *b = (const uint16_t *)t->panels + first * t->depth + 2 * lane;
        for (long k = 0; k < t->depth; k++) sum += bf16_to_float(a[k]) * bf16_to_float(b[k / 2 * 2 * width + k % 2]);
    }
    return sum;
}

static void product_scalar(const lathe_panel_product *p) {
    for (long row = 0; row < p->rows; row++)
        for (long column = 0; column < p->columns; column++) {
            float sum = 0;
            for (long i = 0; i < p->term_count; i++) sum += term_dot(p, p->terms + i, row, column);
            float value = sum * p->alpha + (p->bias ? p->bias[column] : 0);
            if (p->base) value += p->base[row * p->base_stride + column];
            store1(p->output, row * p->output_stride + column, p->output_type, value);
        }
}

#if defined(__x86_64__)
enum { MOST_WALKS = 8 };

/// A term as the assembly below walks it: the first of six rows, the bytes from one to the next, a panel, and how many 32-bit
/// words of depth there are.
typedef struct { const void *left; long stride; const void *panel; long words; } lathe_walk;

// Six rows by a whole panel, 24 registers of sums, in assembly: from C, the compiler keeps some of them in memory. fp32 and bf16
// differ in one instruction, since a word is one number of fp32 or a pair of bf16, in rows and panels alike.
#define SIX_ROWS(instruction)                                                                                     \
    __asm__ volatile(                                                                                             \
        ZERO(0) ZERO(1) ZERO(2) ZERO(3) ZERO(4) ZERO(5) ZERO(6) ZERO(7) ZERO(8) ZERO(9) ZERO(10) ZERO(11)         \
        ZERO(12) ZERO(13) ZERO(14) ZERO(15) ZERO(16) ZERO(17) ZERO(18) ZERO(19) ZERO(20) ZERO(21) ZERO(22)        \
        ZERO(23)                                                                                                  \
        "1: movq (%[term]), %[a]\n movq 8(%[term]), %[stride]\n movq 16(%[term]), %[b]\n movq 24(%[term]), %[k]\n" \
        "leaq (%[a], %[stride], 2), %[a3]\n addq %[stride], %[a3]\n"                                              \
        ".p2align 4\n"                                                                                            \
        "2: vmovups (%[b]), %%zmm24\n vmovups 64(%[b]), %%zmm25\n"                                                \
        "vmovups 128(%[b]), %%zmm26\n vmovups 192(%[b]), %%zmm27\n"                                               \
        ROW(instruction, "(%[a])", 28, 0, 1, 2, 3) ROW(instruction, "(%[a], %[stride])", 29, 4, 5, 6, 7)          \
        ROW(instruction, "(%[a], %[stride], 2)", 30, 8, 9, 10, 11) ROW(instruction, "(%[a3])", 31, 12, 13, 14, 15) \
        ROW(instruction, "(%[a3], %[stride])", 28, 16, 17, 18, 19)                                                \
        ROW(instruction, "(%[a3], %[stride], 2)", 29, 20, 21, 22, 23)                                             \
        "addq $4, %[a]\n addq $4, %[a3]\n addq $256, %[b]\n decq %[k]\n jnz 2b\n"                                 \
        "addq $32, %[term]\n decq %[terms]\n jnz 1b\n"                                                           \
        STORE(0) STORE(1) STORE(2) STORE(3) STORE(4) STORE(5) STORE(6) STORE(7) STORE(8) STORE(9) STORE(10)       \
        STORE(11) STORE(12) STORE(13) STORE(14) STORE(15) STORE(16) STORE(17) STORE(18) STORE(19) STORE(20)       \
        STORE(21) STORE(22) STORE(23)                                                                             \
        : [term] "+r"(term), [terms] "+r"(terms), [a] "=&r"(a), [a3] "=&r"(a3), [b] "=&r"(b), [k] "=&r"(k),       \
          [stride] "=&r"(stride)                                                                                  \
        : [sums] "r"(sums)                                                                                        \
        : "memory", "cc", "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10", \
          "zmm11", "zmm12", "zmm13", "zmm14", "zmm15", "zmm16", "zmm17", "zmm18", "zmm19", "zmm20", "zmm21",      \
          "zmm22", "zmm23", "zmm24", "zmm25", "zmm26", "zmm27", "zmm28", "zmm29", "zmm30", "zmm31")
#define ZERO(n) "vpxord %%zmm" #n ", %%zmm" #n ", %%zmm" #n "\n"
#define STORE(n) "vmovups %%zmm" #n ", 64*" #n "(%[sums])\n"
#define ROW(instruction, place, broadcast, s0, s1, s2, s3)             \
    "vbroadcastss " place ", %%zmm" #broadcast "\n"                    \
    instruction " %%zmm24, %%zmm" #broadcast ", %%zmm" #s0 "\n"        \
    instruction " %%zmm25, %%zmm" #broadcast ", %%zmm" #s1 "\n"        \
    instruction " %%zmm26, %%zmm" #broadcast ", %%zmm" #s2 "\n"        \
    instruction " %%zmm27, %%zmm" #broadcast ", %%zmm" #s3 "\n"

/// sums[6][64] = Σ over `terms` terms, each at least one word deep.
__attribute__((target("avx512f"), noinline)) static void sum_six_f32_avx512(const lathe_walk *term, long terms, float *sums) {
    const void *a, *a3, *b;
    long k, stride;
    SIX_ROWS("vfmadd231ps");
}

__attribute__((target("avx512f,avx512bf16"), noinline)) static void sum_six_bf16_avx512(
    const lathe_walk *term, long terms, float *sums) {
    const void *a, *a3, *b;
    long k, stride;
    SIX_ROWS("vdpbf16ps");
}

#endif

#define VARIANT_FILE "panelproduct.c"
#define VARIANT_PAIRS
#include "variants.h"

void lathe_multiply_panels(const lathe_panel_product *product) {
    LATHE_DISPATCH_PAIRS(product->type == LATHE_BF16, product, product);
}

#else

// Rows of a tile of `nv` vectors: what fills the registers with sums (32 with AVX-512, 16 with AVX2). Two vectors and more a
// broadcast, and few broadcasts: on two cores at once they cost a tenth of the speed.
#undef VECTORS
#undef HEIGHT
#undef TALLEST
#if LANES == 16
#define VECTORS 4
#define TALLEST 14
#define HEIGHT(nv) ((nv) == 4 ? 6 : (nv) == 3 ? 8 : (nv) == 2 ? 12 : 14)
#else
#define VECTORS 2
#define TALLEST 8
#define HEIGHT(nv) ((nv) == 2 ? 6 : 8)
#endif

/// Adds `t`'s products to a tile of `mr` rows and `nv` vectors of columns, of a panel `width` wide from `lane` on.
LATHE_INLINE void VARIANT(add_term)(
    int mr, int nv, lathe_type type, const lathe_term *t, long row, long first, long lane, long width, V sums[TALLEST][VECTORS]) {
    const char *a[TALLEST];
    for (int m = 0; m < mr; m++) a[m] = at(t->left, (row + m) * t->stride, type);
    if (type == LATHE_F32) {
        const float *b = (const float *)t->panels + first * t->depth + lane;
        for (long k = 0; k < t->depth; k++, b += width) {
            V right[VECTORS];
            for (int n = 0; n < nv; n++) right[n] = v_load(b, n * LANES, LATHE_F32, LANES);
            for (int m = 0; m < mr; m++) {
                V left = v_set1(((const float *)a[m])[k]);
                for (int n = 0; n < nv; n++) sums[m][n] = v_fma(left, right[n], sums[m][n]);
            }
        }
        return;
    }
    const uint16_t *b = (const uint16_t *)t->panels + first * t->depth + 2 * lane;
    for (long k = 0; k < t->depth; k += 2, b += 2 * width) {
#ifdef HAS_PAIR_PRODUCT
        __m512bh right[VECTORS];
        for (int n = 0; n < nv; n++) right[n] = (__m512bh)_mm512_loadu_si512(b + 2 * n * LANES);
        for (int m = 0; m < mr; m++) {
            int pair;
            memcpy(&pair, a[m] + 2 * k, 4);
            __m512bh left = (__m512bh)_mm512_set1_epi32(pair);
            for (int n = 0; n < nv; n++) sums[m][n] = _mm512_dpbf16_ps(sums[m][n], left, right[n]);
        }
#else
        typedef uint32_t W __attribute__((vector_size(sizeof(V)), aligned(4)));
        V even[VECTORS], odd[VECTORS];
        for (int n = 0; n < nv; n++) {
            W pairs = *(const W *)(const void *)(b + 2 * n * LANES);
            even[n] = (V)(pairs << 16);
            odd[n] = (V)(pairs & 0xffff0000);
        }
        for (int m = 0; m < mr; m++) {
            const uint16_t *pair = (const uint16_t *)a[m] + k;
            V one = v_set1(bf16_to_float(pair[0])), other = v_set1(bf16_to_float(pair[1]));
            for (int n = 0; n < nv; n++) sums[m][n] = v_fma(other, odd[n], v_fma(one, even[n], sums[m][n]));
        }
#endif
    }
}

/// Scales, adds and stores one vector of sums.
LATHE_INLINE void VARIANT(finish)(const lathe_panel_product *p, long row, long column, V sums) {
    long left = p->columns - column;
    V value = sums * v_set1(p->alpha);
    if (p->bias) value += v_load(p->bias, column, LATHE_F32, left);
    if (p->base) value += v_load(p->base, row * p->base_stride + column, LATHE_F32, left);
    v_store(p->output, row * p->output_stride + column, p->output_type, value, left);
}

LATHE_INLINE void VARIANT(tile)(
    const lathe_panel_product *p, int mr, int nv, lathe_type type, long row, long first, long lane, long width) {
    V sums[TALLEST][VECTORS];
    for (int m = 0; m < mr; m++)
        for (int n = 0; n < nv; n++) sums[m][n] = v_set1(0);
    for (long i = 0; i < p->term_count; i++)
        VARIANT(add_term)(mr, nv, type, p->terms + i, row, first, lane, width, sums);
    for (int m = 0; m < mr; m++)
        for (int n = 0; n < nv; n++) VARIANT(finish)(p, row + m, first + lane + n * LANES, sums[m][n]);
}

#if LANES == 16
/// A tile of six rows by a whole panel, the one that nearly all of a large product consists of. Rows before `done` have their
/// results already.
static void VARIANT(six_rows)(const lathe_panel_product *p, long row, long done, long first) {
    lathe_walk walks[MOST_WALKS];
    for (long i = 0; i < p->term_count; i++) {
        const lathe_term *t = p->terms + i;
        long size = (long)type_size(p->type), words = p->type == LATHE_F32 ? t->depth : t->depth / 2;
        walks[i] = (lathe_walk){
            at(t->left, row * t->stride, p->type), t->stride * size, at(t->panels, first * t->depth, p->type), words};
    }
    float sums[6 * LATHE_PANEL] __attribute__((aligned(64)));
    if (p->type == LATHE_F32) sum_six_f32_avx512(walks, p->term_count, sums);
    else sum_six_bf16_avx512(walks, p->term_count, sums);
    if (p->columns - first < LATHE_PANEL) {
        for (long m = done - row; m < 6; m++)
            for (int n = 0; n < 4; n++)
                VARIANT(finish)(p, row + m, first + n * LANES, _mm512_load_ps(sums + m * LATHE_PANEL + n * LANES));
        return;
    }
    // The same with a whole panel: questions are asked once a row.
    const lathe_panel_product q = *p;
    for (long m = done - row; m < 6; m++) {
        V values[4];
        for (int n = 0; n < 4; n++) values[n] = _mm512_load_ps(sums + m * LATHE_PANEL + n * LANES) * v_set1(q.alpha);
        if (q.bias)
            for (int n = 0; n < 4; n++) values[n] += v_load(q.bias, first + n * LANES, LATHE_F32, LANES);
        if (q.base)
            for (int n = 0; n < 4; n++)
                values[n] += v_load(q.base, (row + m) * q.base_stride + first + n * LANES, LATHE_F32, LANES);
        long place = (row + m) * q.output_stride + first;
        if (q.output_type == LATHE_F32)
            for (int n = 0; n < 4; n++) v_store(q.output, place + n * LANES, LATHE_F32, values[n], LANES);
        else
            for (int n = 0; n < 4; n++) v_store(q.output, place + n * LANES, LATHE_BF16, values[n], LANES);
    }
}

/// Whether `six_rows` can run: the instruction is there, and terms are few and none empty.
static bool VARIANT(has_six_rows)(const lathe_panel_product *p) {
#ifndef HAS_PAIR_PRODUCT
    if (p->type == LATHE_BF16) return false;
#endif
    bool can = p->rows >= 6 && p->term_count <= MOST_WALKS;
    for (long i = 0; can && i < p->term_count; i++) can = p->terms[i].depth >= 2;
    return can;
}
#endif

/// One function for each shape, so that a tile's sums are registers.
#define TILE(mr, nv)                                                                                             \
    case 100 * nv + mr:                                                                                          \
        if (p->type == LATHE_F32) VARIANT(tile)(p, mr, nv, LATHE_F32, row, first, lane, width);                  \
        else VARIANT(tile)(p, mr, nv, LATHE_BF16, row, first, lane, width);                                      \
        break;
#define TILES_TO_6(nv) TILE(1, nv) TILE(2, nv) TILE(3, nv) TILE(4, nv) TILE(5, nv) TILE(6, nv)

static void VARIANT(product)(const lathe_panel_product *p) {
#if LANES == 16
    bool quick = VARIANT(has_six_rows)(p);
#endif
    for (long first = 0; first < p->columns; first += LATHE_PANEL) {
        long width = panel_width(p->columns - first);
        for (long lane = 0; lane < width; lane += VECTORS * LANES) {
            long left = (p->columns - first - lane + LANES - 1) / LANES;
            int nv = left < VECTORS ? (int)left : VECTORS, height = HEIGHT(nv);
            long row = 0;
#if LANES == 16
            // The last tile begins early enough to have six rows.
            for (; nv == 4 && quick && row < p->rows; row += 6)
                VARIANT(six_rows)(p, at_most(row, p->rows - 6), row, first);
#endif
            long tiles = (p->rows - row + height - 1) / height;
            for (long i = 0; i < tiles; i++) {
                // Heights as even as can be: no short tile at the end.
                long mr = (p->rows - row + tiles - i - 1) / (tiles - i);
                switch (100 * nv + mr) {
                    TILES_TO_6(1) TILES_TO_6(2) TILE(7, 1) TILE(8, 1)
#if LANES == 16
                    TILES_TO_6(3) TILES_TO_6(4) TILE(7, 2) TILE(8, 2) TILE(7, 3) TILE(8, 3)
                    TILE(9, 1) TILE(10, 1) TILE(11, 1) TILE(12, 1) TILE(13, 1) TILE(14, 1)
                    TILE(9, 2) TILE(10, 2) TILE(11, 2) TILE(12, 2)
#endif
                }
                row += mr;
            }
        }
    }
}
#undef TILES_TO_6
#undef TILE
#endif
