// Numbers to stored blocks of every type: what `dequantise.c` reads. Without importance, blocks of 32 get the bytes of ggml's
// reference; all others get what leaves the least weighted error in a search like the reference's.
#ifndef VARIANT
#include "blocks.h"
#include "integer_dots.h"
// Vectors are passed between inlined functions only, so there is no calling convention to change.
#pragma clang diagnostic ignored "-Wpsabi"

/// Numbers that are searched together, numbers and bytes of a block, and where its scale stands.
typedef struct { int part, elements, bytes, scale; } weight_layout;

static inline weight_layout weight_layout_of(lathe_format format) {
    switch (format) {
    case LATHE_Q2_K: return (weight_layout){16, 256, 84, 80};
    case LATHE_Q3_K: return (weight_layout){16, 256, 110, 108};
    case LATHE_Q4_K: return (weight_layout){32, 256, 144, 0};
    case LATHE_Q5_K: return (weight_layout){32, 256, 176, 0};
    case LATHE_Q6_K: return (weight_layout){16, 256, 210, 208};
    case LATHE_IQ4_XS: return (weight_layout){32, 256, 136, 0};
    default: return (weight_layout){32, 32, (int)row_bytes(format, 32), 0};
    }
}

/// Whether scale and minimum of the block at `p` are numbers.
static inline bool block_is_finite(lathe_format format, const uint8_t *p) {
    p += weight_layout_of(format).scale;
    return isfinite(block_half(p)) && (!kind_of(format).has_minimum || isfinite(block_half(p + 2)));
}

#define VARIANT(name) name##_scalar
#include "quantise_weights.c"
#undef VARIANT

#define VARIANT_FILE "quantise_weights.c"
#include "variants.h"

long lathe_quantise_weights(
    lathe_format format, const float *x, long rows, long columns, const float *importance, void *blocks) {
    LATHE_DISPATCH(quantise_weights, format, x, rows, columns, importance, blocks);
}

#else

#include "lanes.h"
#include "weight_searches.h"
#include "small_blocks.h"
#include "super_blocks.h"

/// The mean of a row's squares.
SIDE_INLINE float VARIANT(mean_square)(const float *x, long columns) {
    lanes sums = VARIANT(all)(0);
    for (long i = 0; i < columns; i += LATHE_SIDE) {
        lanes numbers;
        memcpy(&numbers, x + i, sizeof numbers);
        sums += numbers * numbers;
    }
    float sum = 0;
    for (int lane = 0; lane < LATHE_SIDE; lane++) sum += sums[lane];
    return sum / (float)columns;
}

/// Sixteen blocks of 32. `means` are the rows' mean squares, where there is importance.
SIDE_INLINE void VARIANT(quantise_small)(
    lathe_format format, const lanes *x, lanes *importance, lanes means, int count, int bytes, uint8_t *to) {
    lanes w[32];
    if (format == LATHE_IQ4_NL) {
        lanes squares = VARIANT(all)(0);
        for (int j = 0; j < 32; j++) squares += x[j] * x[j];
        means = squares / 16.0f;
    }
    for (int j = 0; j < 32; j++) {
        const lanes square = x[j] * x[j];
        w[j] = importance ? importance[j] * VARIANT(root)(means + square) : square;
    }
    VARIANT(coded) coded;
    switch (format) {
    case LATHE_Q8_0: VARIANT(code_bytes)(x, &coded); break;
    case LATHE_Q4_0: VARIANT(code_symmetric)(x, importance ? w : NULL, 8, &coded); break;
    case LATHE_Q5_0: VARIANT(code_symmetric)(x, importance ? w : NULL, 16, &coded); break;
    case LATHE_Q4_1: VARIANT(code_affine)(x, importance ? w : NULL, 15, &coded); break;
    case LATHE_Q5_1: VARIANT(code_affine)(x, importance ? w : NULL, 31, &coded); break;
    default: VARIANT(code_table)(x, w, &coded); break;
    }
    for (int lane = 0; lane < count; lane++) VARIANT(put_small)(format, &coded, lane, to + lane * bytes);
}

/// All blocks, `format` and whether there is importance known where this is inlined.
SIDE_INLINE long VARIANT(quantise_rows)(
    lathe_format format, const float *x, long rows, long columns, const float *importance, uint8_t *to) {
    const weight_layout layout = weight_layout_of(format);
    const long count = rows * columns / layout.part, each = layout.elements / layout.part;
    long row = -1, unfit = -1;
    float mean = 0;
    for (long first = 0; first < count; first += LATHE_SIDE) {
        const long left = count - first < LATHE_SIDE ? count - first : LATHE_SIDE;
        const float *numbers[LATHE_SIDE], *weights[LATHE_SIDE];
        lanes side[32], counts[32], means = VARIANT(all)(0);
        for (long lane = 0; lane < LATHE_SIDE; lane++) {
            const long start = (first + (lane < left ? lane : left - 1)) * layout.part;
            numbers[lane] = x + start;
            if (!importance) continue;
            weights[lane] = importance + start % columns;
            if (start / columns != row) mean = VARIANT(mean_square)(x + (row = start / columns) * columns, columns);
            means[lane] = mean;
        }
        VARIANT(side_by_side)(numbers, layout.part, side);
        if (importance) VARIANT(side_by_side)(weights, layout.part, counts);
        uint8_t *blocks = to + first / each * layout.bytes;
        const int whole = (int)(left / each);
        if (each == 1) VARIANT(quantise_small)(format, side, importance ? counts : NULL, means, whole, layout.bytes, blocks);
        else VARIANT(quantise_super)(format, side, importance ? counts : NULL, layout.part, whole, layout.bytes, blocks);
        for (int i = 0; i < whole; i++)
            if (unfit < 0 && !block_is_finite(format, blocks + i * layout.bytes))
                unfit = (first / each + i) * layout.elements;
    }
    return unfit;
}

#define QUANTISE(name)                                                                                            \
    static long VARIANT(quantise_##name)(                                                                         \
        const float *x, long rows, long columns, const float *importance, uint8_t *to) {                          \
        if (importance) return VARIANT(quantise_rows)(name, x, rows, columns, importance, to);                    \
        return VARIANT(quantise_rows)(name, x, rows, columns, NULL, to);                                          \
    }
LATHE_INTEGER_FORMATS(QUANTISE)
#undef QUANTISE

static long VARIANT(quantise_weights)(
    lathe_format format, const float *x, long rows, long columns, const float *importance, void *to) {
    switch (format) {
#define CASE(name) case name: return VARIANT(quantise_##name)(x, rows, columns, importance, to);
        LATHE_INTEGER_FORMATS(CASE)
#undef CASE
    default: return -1;
    }
}

#endif
