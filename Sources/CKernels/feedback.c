// Rounding by what a layer gives: what a column's rounding loses is made up for by the columns after it, as far as these are given
// what it is given (Frantar et al., GPTQ, 2023); then each column once more, in the knowledge of all others. The scales of a
// block are chosen before; here its codes are.
//
// Legend: H = XᵀX of the layer's inputs; U upper triangular, UᵀU = H⁻¹.
#include "blocks.h"

enum { MOST = 256 };

/// The largest code as `integer_block` counts.
static int last_code(lathe_format format) {
    switch (format) {
    case LATHE_Q2_K: return 3;
    case LATHE_Q3_K: return 7;
    case LATHE_Q5_0:
    case LATHE_Q5_1:
    case LATHE_Q5_K: return 31;
    case LATHE_Q6_K: return 63;
    case LATHE_Q8_0: return 255;
    default: return 15;
    }
}

static bool is_table(lathe_format format) { return format == LATHE_IQ4_NL || format == LATHE_IQ4_XS; }

/// The code whose number is nearest to `value`, and that number.
static int nearest(lathe_format format, float value, float scale, float minimum, float *number) {
    int offset = kind_of(format).offset;
    float place = scale != 0 ? (value - minimum) / scale : 0;
    if (is_table(format)) {
        int best = 0;
        for (int code = 1; code < 16; code++)
            if (fabsf(place - (float)iq4_values[code]) < fabsf(place - (float)iq4_values[best])) best = code;
        *number = scale * (float)iq4_values[best] + minimum;
        return best;
    }
    // −128 of Q8_0 stays unused, as quantisers leave it.
    float first = format == LATHE_Q8_0 ? 1 : 0, last = (float)last_code(format);
    place += (float)offset;
    place = !(place > first) ? first : place > last ? last : place;
    int code = (int)(place + 0.5f);
    *number = scale * (float)(code - offset) + minimum;
    return code;
}

// --- Codes into blocks -----------------------------------------------------------------------------------------------

/// 32 codes of 4 bits: the first sixteen in the low halves of bytes.
static void put_nibbles(uint8_t *q, const uint8_t *codes) {
    for (int j = 0; j < 16; j++) q[j] = (uint8_t)((codes[j] & 15) | (codes[j + 16] & 15) << 4);
}

static void put_fifth_bits(uint8_t *to, const uint8_t *codes) {
    uint32_t high = 0;
    for (int j = 0; j < 32; j++) high |= (uint32_t)(codes[j] >> 4 & 1) << j;
    memcpy(to, &high, 4);
}

/// Codes of a super-block whose bytes hold `bits` bits of each of several numbers 32 apart, `together` numbers to 32 bytes.
static void put_planes(uint8_t *to, const uint8_t *codes, int bits, int shift, int count) {
    int planes = 8 / bits, mask = (1 << bits) - 1;
    for (int i = 0; i < count; i++) to[i / (planes * 32) * 32 + i % 32] = 0;
    for (int i = 0; i < count; i++) {
        int plane = i % (planes * 32) / 32;
        to[i / (planes * 32) * 32 + i % 32] |= (uint8_t)((codes[i] >> shift & mask) << bits * plane);
    }
}

static void put_six_bits(uint8_t *block, const uint8_t *codes) {
    put_planes(block + 128, codes, 2, 4, MOST);
    for (int i = 0; i < MOST; i += 128)
        for (int l = 0; l < 64; l++) block[i / 2 + l] = (uint8_t)((codes[i + l] & 15) | (codes[i + 64 + l] & 15) << 4);
}

static void put_codes(lathe_format format, uint8_t *block, const uint8_t *codes) {
    switch (format) {
    case LATHE_Q4_0:
    case LATHE_IQ4_NL: put_nibbles(block + 2, codes); return;
    case LATHE_Q4_1: put_nibbles(block + 4, codes); return;
    case LATHE_Q5_0:
        put_fifth_bits(block + 2, codes);
        put_nibbles(block + 6, codes);
        return;
    case LATHE_Q5_1:
        put_fifth_bits(block + 4, codes);
        put_nibbles(block + 8, codes);
        return;
    case LATHE_Q8_0:
        for (int j = 0; j < 32; j++) block[2 + j] = codes[j] ^ 0x80;
        return;
    case LATHE_Q2_K: put_planes(block + 16, codes, 2, 0, MOST); return;
    case LATHE_Q3_K:
        put_planes(block, codes, 1, 2, MOST);
        put_planes(block + 32, codes, 2, 0, MOST);
        return;
    case LATHE_Q4_K: put_planes(block + 16, codes, 4, 0, MOST); return;
    case LATHE_Q5_K:
        put_planes(block + 16, codes, 1, 4, MOST);
        put_planes(block + 48, codes, 4, 0, MOST);
        return;
    case LATHE_Q6_K: put_six_bits(block, codes); return;
    case LATHE_IQ4_XS:
        for (int group = 0; group < 8; group++) put_nibbles(block + 8 + group * 16, codes + group * 32);
        return;
    default: return;
    }
}

// --- One block after the other ---------------------------------------------------------------------------------------

static void feed_back(const lathe_feedback *f, uint8_t *block, float *w, float *errors) {
    integer_block grid[MOST / 32];
    uint8_t codes[MOST];
    int halves = kind_of(f->format).halves;
    bool has_minimum = kind_of(f->format).has_minimum;
    for (long b = 0; b < f->count / 32; b++) unpack_block(f->format, block, b, &grid[b]);
    for (long j = 0; j < f->count; j++) {
        const integer_block *g = &grid[j / 32];
        long h = halves > 1 ? j % 32 / 16 : 0;
        const float *u = f->factor + j * f->factor_stride;
        float number;
        codes[j] = (uint8_t)nearest(f->format, w[j], g->scale[h], has_minimum ? g->minimum[h] : 0, &number);
        float error = (w[j] - number) / u[j];
        errors[j] = error;
        for (long k = j + 1; k < f->count; k++) w[k] -= error * u[k];
    }
    put_codes(f->format, block, codes);
}

void lathe_feed_back(
    const lathe_feedback *f, long rows, void *blocks, long block_stride, float *w, long w_stride, float *errors) {
    for (long row = 0; row < rows; row++)
        feed_back(f, (uint8_t *)blocks + row * block_stride, w + row * w_stride, errors + row * f->count);
}

// --- Once more, in the knowledge of all ------------------------------------------------------------------------------

static int code_of(lathe_format format, uint8_t byte) {
    if (!is_table(format)) return byte;
    int code = 0;
    while (code < 15 && iq4_values[code] + 128 != byte) code++;
    return code;
}

/// Goes through the columns of a row; returns how many numbers it changed.
static long sweep(const lathe_refinement *r, const integer_block *grids, uint8_t *codes, float *numbers, float *gradient) {
    const block_kind kind = kind_of(r->format);
    long changed = 0;
    for (long j = 0; j < r->columns; j++) {
        const integer_block *g = &grids[j / 32];
        const float *h = r->products + j * r->columns;
        long half = kind.halves > 1 ? j % 32 / 16 : 0;
        float number;
        int code = nearest(
            r->format, numbers[j] + gradient[j] / h[j], g->scale[half], kind.has_minimum ? g->minimum[half] : 0, &number);
        if (code == codes[j]) continue;
        float change = number - numbers[j];
        for (long k = 0; k < r->columns; k++) gradient[k] -= change * h[k];
        codes[j] = (uint8_t)code;
        numbers[j] = number;
        changed++;
    }
    return changed;
}

void lathe_refine(const lathe_refinement *r, long rows, void *blocks, float *numbers, float *gradient) {
    const long bytes = row_bytes(r->format, r->columns), size = row_bytes(r->format, r->block);
    for (long row = 0; row < rows; row++, numbers += r->columns, gradient += r->columns) {
        integer_block grids[r->columns / 32];
        uint8_t codes[r->columns], *to = (uint8_t *)blocks + row * bytes;
        for (long b = 0; b < r->columns / 32; b++) {
            unpack_block(r->format, to, b, &grids[b]);
            for (long j = 0; j < 32; j++) codes[b * 32 + j] = (uint8_t)code_of(r->format, grids[b].bytes[j]);
        }
        for (int pass = 0; pass < r->sweeps && sweep(r, grids, codes, numbers, gradient); pass++) {}
        for (long b = 0; b < r->columns / r->block; b++) put_codes(r->format, to + b * size, codes + b * r->block);
    }
}
