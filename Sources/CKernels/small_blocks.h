// Blocks of 32 numbers with one scale. Without importance their bytes are those of ggml's reference; with it, a search finds the
// scale, and the codes are those nearest to what that scale is once it is rounded to a half.
// Included once for each variant of `quantise_weights.c`.

/// Sixteen blocks that are ready to be written: scale and minimum as halves, and a byte for each code.
typedef struct {
    uint16_t scale[LATHE_SIDE], minimum[LATHE_SIDE];
    uint8_t codes[LATHE_SIDE * 32];
} VARIANT(coded);

SIDE_INLINE lanes VARIANT(rounded_to_half)(lanes x, uint16_t halves[LATHE_SIDE]) {
    lanes result;
    for (int lane = 0; lane < LATHE_SIDE; lane++) {
        halves[lane] = float_to_f16(x[lane]);
        result[lane] = f16_to_float(halves[lane]);
    }
    return result;
}

/// Q8_0: rounded to the nearest, ties away from zero.
SIDE_INLINE void VARIANT(code_bytes)(const lanes *x, VARIANT(coded) *to) {
    lanes largest = VARIANT(all)(0), codes[32];
    for (int j = 0; j < 32; j++) {
        const lanes magnitude = VARIANT(magnitude)(x[j]);
        largest = VARIANT(pick)(magnitude > largest, magnitude, largest);
    }
    const lanes scale = largest / 127.0f, inverse = VARIANT(inverse)(scale);
    for (int j = 0; j < 32; j++) {
        const lanes exact = x[j] * inverse, whole = VARIANT(numbers)(VARIANT(wholes)(exact)), rest = exact - whole;
        const lanes step = VARIANT(pick)(exact < VARIANT(all)(0), VARIANT(all)(-1), VARIANT(all)(1));
        codes[j] = VARIANT(pick)(VARIANT(magnitude)(rest) >= VARIANT(all)(0.5f), whole + step, whole);
    }
    VARIANT(rounded_to_half)(scale, to->scale);
    VARIANT(apart)(codes, 32, to->codes);
}

/// Q4_0 and Q5_0: `half` is 8 or 16.
SIDE_INLINE void VARIANT(code_symmetric)(const lanes *x, const lanes *w, float half, VARIANT(coded) *to) {
    lanes codes[32];
    if (w) {
        const lanes scale = VARIANT(rounded_to_half)(VARIANT(symmetric_scale)(x, w, 32, half), to->scale);
        const lanes inverse = VARIANT(inverse)(scale);
        for (int j = 0; j < 32; j++)
            codes[j] = VARIANT(clamp)(VARIANT(nearest)(x[j] * inverse), -half, half - 1) + half;
    } else {
        const lanes scale = VARIANT(extreme)(x, 32) / -half, none = VARIANT(all)(0);
        const lanes inverse = VARIANT(pick)(scale == none, none, 1.0f / scale);
        for (int j = 0; j < 32; j++) {
            const lanes exact = x[j] * inverse + (half + 0.5f);
            const lanes whole = VARIANT(numbers)(VARIANT(wholes)(VARIANT(clamp)(exact, 0, 2 * half - 1)));
            codes[j] = VARIANT(pick)(VARIANT(is_finite)(exact), whole, none);  // a scale too small to divide by
        }
        VARIANT(rounded_to_half)(scale, to->scale);
    }
    VARIANT(apart)(codes, 32, to->codes);
}

/// Q4_1 and Q5_1: `most` is 15 or 31.
SIDE_INLINE void VARIANT(code_affine)(const lanes *x, const lanes *w, float most, VARIANT(coded) *to) {
    lanes codes[32];
    if (w) {
        const VARIANT(affine) fit =
            VARIANT(affine_scale)(x, w, 32, most, (VARIANT(candidates)){-0.9f, 0.05f, 36, false});
        const lanes inverse = VARIANT(inverse)(VARIANT(rounded_to_half)(fit.scale, to->scale));
        const lanes minimum = VARIANT(rounded_to_half)(fit.minimum, to->minimum);
        for (int j = 0; j < 32; j++)
            codes[j] = VARIANT(clamp)(VARIANT(nearest)((x[j] - minimum) * inverse), 0, most);
    } else {
        lanes low = x[0], high = x[0];
        for (int j = 1; j < 32; j++) {
            low = VARIANT(pick)(x[j] < low, x[j], low);
            high = VARIANT(pick)(x[j] > high, x[j], high);
        }
        const lanes scale = (high - low) / most, inverse = VARIANT(inverse)(scale);
        for (int j = 0; j < 32; j++)
            codes[j] = VARIANT(numbers)(VARIANT(wholes)(VARIANT(clamp)((x[j] - low) * inverse + 0.5f, 0, most)));
        VARIANT(rounded_to_half)(scale, to->scale);
        VARIANT(rounded_to_half)(low, to->minimum);
    }
    VARIANT(apart)(codes, 32, to->codes);
}

/// IQ4_NL.
SIDE_INLINE void VARIANT(code_table)(const lanes *x, const lanes *w, VARIANT(coded) *to) {
    const lanes scale = VARIANT(rounded_to_half)(VARIANT(table_scale)(x, w, 32), to->scale);
    const lanes inverse = VARIANT(inverse)(scale);
    lanes codes[32];
    for (int j = 0; j < 32; j++) codes[j] = VARIANT(nearest_entry)(x[j] * inverse).code;
    VARIANT(apart)(codes, 32, to->codes);
}

/// Block `lane` of `from` as `format` stores it.
SIDE_INLINE void VARIANT(put_small)(lathe_format format, const VARIANT(coded) *from, int lane, uint8_t *to) {
    const uint8_t *codes = from->codes + lane * 32;
    memcpy(to, from->scale + lane, 2);
    to += 2;
    if (format == LATHE_Q8_0) {
        memcpy(to, codes, 32);
        return;
    }
    if (format == LATHE_Q4_1 || format == LATHE_Q5_1) {
        memcpy(to, from->minimum + lane, 2);
        to += 2;
    }
    if (format == LATHE_Q5_0 || format == LATHE_Q5_1) {
        uint32_t fifth = 0;
        for (int j = 0; j < 32; j++) fifth |= (uint32_t)(codes[j] >> 4) << j;
        memcpy(to, &fifth, 4);
        to += 4;
    }
    for (int j = 0; j < 16; j++) to[j] = (uint8_t)((codes[j] & 15) | codes[j + 16] << 4);
}
