// Searches for the scale of a block: candidates are tried, each with the codes that it rounds to and the scale that fits these
// best, and the one that leaves the least weighted error stands. Included once for each variant of `quantise_weights.c`.

/// What is smaller than this counts as zero, as in ggml.
#define LEAST_MAGNITUDE 1e-15f

/// The first of each block's largest numbers by magnitude.
SIDE_INLINE lanes VARIANT(extreme)(const lanes *x, int size) {
    lanes largest = VARIANT(all)(0), result = VARIANT(all)(0);
    for (int j = 0; j < size; j++) {
        const lanes magnitude = VARIANT(magnitude)(x[j]);
        const lanes_int is_larger = magnitude > largest;
        largest = VARIANT(pick)(is_larger, magnitude, largest);
        result = VARIANT(pick)(is_larger, x[j], result);
    }
    return result;
}

/// The scale s with x ≈ s · code, codes from −half to half − 1.
SIDE_INLINE lanes VARIANT(symmetric_scale)(const lanes *x, const lanes *w, int size, float half) {
    const lanes extreme = VARIANT(extreme)(x, size);
    lanes best = VARIANT(all)(0), scale = -extreme / half;
    for (int i = -10; i <= 9; i++) {
        // The plain scale comes first, so that it stands where others are no better.
        const float candidate = i < -9 ? 0 : 0.1f * (float)i;
        const lanes inverse = (candidate + half) / -extreme;
        lanes products = VARIANT(all)(0), squares = VARIANT(all)(0);
        for (int j = 0; j < size; j++) {
            const lanes code = VARIANT(clamp)(VARIANT(nearest)(inverse * x[j]), -half, half - 1), share = w[j] * code;
            products += share * x[j];
            squares += share * code;
        }
        const lanes fit = products / squares, gain = fit * products;
        const lanes_int is_better = gain > best;  // never where there is no number
        best = VARIANT(pick)(is_better, gain, best);
        scale = VARIANT(pick)(is_better, fit, scale);
    }
    const lanes_int counts = VARIANT(magnitude)(extreme) >= VARIANT(all)(LEAST_MAGNITUDE);
    return VARIANT(pick)(counts, scale, VARIANT(all)(0));
}

/// The same, found by moving one code after the other to where it fits the scale of all others best.
SIDE_INLINE lanes VARIANT(descended_scale)(const lanes *x, const lanes *w, int size, float half) {
    const lanes extreme = VARIANT(extreme)(x, size), inverse = half / -extreme, none = VARIANT(all)(0);
    lanes codes[16], products = none, squares = none;
    for (int j = 0; j < size; j++) {
        codes[j] = VARIANT(clamp)(VARIANT(nearest)(inverse * x[j]), -half, half - 1);
        products += w[j] * x[j] * codes[j];
        squares += w[j] * codes[j] * codes[j];
    }
    for (int round = 0; round < 5; round++)
        for (int j = 0; j < size; j++) {
            const lanes share = w[j] * x[j];
            lanes p = products - share * codes[j], s = squares - w[j] * codes[j] * codes[j];
            const lanes moved = VARIANT(clamp)(VARIANT(nearest)(x[j] * s / p), -half, half - 1);
            const lanes_int may = p > none;
            p += share * moved;
            s += w[j] * moved * moved;
            const lanes_int is_better = may & (s > none) & (p * p * squares > products * products * s);
            codes[j] = VARIANT(pick)(is_better, moved, codes[j]);
            products = VARIANT(pick)(is_better, p, products);
            squares = VARIANT(pick)(is_better, s, squares);
        }
    const lanes fit = products / squares, scale = VARIANT(pick)(VARIANT(is_finite)(fit), fit, -extreme / half);
    return VARIANT(pick)(VARIANT(magnitude)(extreme) >= VARIANT(all)(LEAST_MAGNITUDE), scale, none);
}

/// Candidates of a search for scale and minimum: (first + i · step + most) codes from the best minimum so far to the largest
/// number, for i up to `last`.
typedef struct {
    float first, step;
    int last;
    bool by_magnitude;  // errors count by their magnitude, not by their square
} VARIANT(candidates);

/// x ≈ scale · code + minimum, codes from 0 to `most`, minimum ≤ 0.
typedef struct { lanes scale, minimum; } VARIANT(affine);

/// What a scale and a minimum leave of x with these codes.
SIDE_INLINE lanes VARIANT(affine_error)(
    VARIANT(affine) fit, const lanes *x, const lanes *w, const lanes *codes, int size, bool by_magnitude) {
    lanes error = VARIANT(all)(0);
    for (int j = 0; j < size; j++) {
        const lanes left = fit.scale * codes[j] + fit.minimum - x[j];
        error += w[j] * (by_magnitude ? VARIANT(magnitude)(left) : left * left);
    }
    return error;
}

SIDE_INLINE VARIANT(affine) VARIANT(affine_scale)(
    const lanes *x, const lanes *w, int size, float most, VARIANT(candidates) candidates) {
    const lanes none = VARIANT(all)(0);
    lanes low = none, high = x[0], weights = none, sums = none;
    for (int j = 0; j < size; j++) {
        low = VARIANT(pick)(x[j] < low, x[j], low);
        high = VARIANT(pick)(x[j] > high, x[j], high);
        weights += w[j];
        sums += w[j] * x[j];
    }
    const lanes range = high - low;
    VARIANT(affine) best = {range / most, low};
    lanes tried[32], start = low;
    for (int j = 0; j < size; j++)
        tried[j] = VARIANT(clamp)(VARIANT(nearest)((x[j] - low) * (most / range)), 0, most);
    lanes least = VARIANT(affine_error)(best, x, w, tried, size, candidates.by_magnitude);
    for (int i = 0; i <= candidates.last; i++) {
        const lanes inverse = (candidates.first + candidates.step * (float)i + most) / (high - start);
        lanes codes = none, squares = none, products = none;
        for (int j = 0; j < size; j++) {
            const lanes code = VARIANT(clamp)(VARIANT(nearest)((x[j] - start) * inverse), 0, most), share = w[j] * code;
            tried[j] = code;
            codes += share;
            squares += share * code;
            products += share * x[j];
        }
        const lanes determinant = weights * squares - codes * codes;
        VARIANT(affine) fit = {
            (weights * products - sums * codes) / determinant, (squares * sums - codes * products) / determinant};
        const lanes_int is_above = fit.minimum > none;
        fit.minimum = VARIANT(pick)(is_above, none, fit.minimum);
        fit.scale = VARIANT(pick)(is_above, products / squares, fit.scale);
        const lanes error = VARIANT(affine_error)(fit, x, w, tried, size, candidates.by_magnitude);
        const lanes_int is_better = (determinant > none) & (error < least);
        least = VARIANT(pick)(is_better, error, least);
        best.scale = VARIANT(pick)(is_better, fit.scale, best.scale);
        best.minimum = VARIANT(pick)(is_better, fit.minimum, best.minimum);
        start = best.minimum;
    }
    // A range that is nothing, or too small to divide by, is all minimum.
    const lanes_int counts = range > VARIANT(all)(0x1p-100f);
    best.scale = VARIANT(pick)(counts, best.scale, none);
    best.minimum = VARIANT(pick)(counts, best.minimum, low);
    return best;
}

/// The value of IQ4's table that is nearest to x, and its code.
typedef struct { lanes value, code; } VARIANT(entry);

SIDE_INLINE VARIANT(entry) VARIANT(nearest_entry)(lanes x) {
    const lanes twice = x + x, none = VARIANT(all)(0);
    VARIANT(entry) found = {VARIANT(all)((float)iq4_values[0]), none};
    for (int i = 1; i < 16; i++) {
        const lanes_int passes = twice >= VARIANT(all)((float)(iq4_values[i - 1] + iq4_values[i]));
        found.value = VARIANT(pick)(passes, VARIANT(all)((float)iq4_values[i]), found.value);
        found.code = VARIANT(pick)(passes, VARIANT(all)((float)i), found.code);
    }
    return found;
}

/// The scale s with x ≈ s · a value of IQ4's table.
SIDE_INLINE lanes VARIANT(table_scale)(const lanes *x, const lanes *w, int size) {
    const lanes extreme = VARIANT(extreme)(x, size), first = VARIANT(all)((float)iq4_values[0]), none = VARIANT(all)(0);
    lanes best = none, scale = -extreme / first;
    for (int candidate = -8; candidate <= 7; candidate++) {
        // The first is the largest number at the table's far end.
        const lanes inverse = (candidate < -7 ? -first : first + (float)candidate) / extreme;
        lanes products = none, squares = none;
        for (int j = 0; j < size; j++) {
            const lanes value = VARIANT(nearest_entry)(inverse * x[j]).value, share = w[j] * value;
            products += share * x[j];
            squares += share * value;
        }
        const lanes fit = products / squares, gain = fit * products;
        const lanes_int is_better = gain > best;
        best = VARIANT(pick)(is_better, gain, best);
        scale = VARIANT(pick)(is_better, fit, scale);
    }
    const lanes_int counts = VARIANT(magnitude)(extreme) >= VARIANT(all)(LEAST_MAGNITUDE);
    return VARIANT(pick)(counts, scale, none);
}

/// Sixteen candidates for 1 / s with x ≈ s · code, a candidate a lane: the s that fits the best one's codes, and in `inverse` that
/// one.
static float VARIANT(best_of_candidates)(
    lanes candidates, const float *x, const float *w, int count, float least, float most, float *inverse) {
    lanes products = VARIANT(all)(0), squares = VARIANT(all)(0);
    for (int i = 0; i < count; i++) {
        const lanes code = VARIANT(clamp)(VARIANT(nearest)(candidates * x[i]), least, most), share = w[i] * code;
        products += share * x[i];
        squares += share * code;
    }
    const lanes gains = products * products / squares;
    float best = 0, scale = 0;
    for (int lane = 0; lane < LATHE_SIDE; lane++)
        if (gains[lane] > best) {
            best = gains[lane];
            scale = products[lane] / squares[lane];
            *inverse = candidates[lane];
        }
    return scale;
}

/// The scale that takes the largest of up to 16 numbers to the end of the codes, which go from `least` to `most`.
static float VARIANT(plain_scale)(const float *x, int count, float least, float most) {
    float extreme = 0;
    for (int i = 0; i < count; i++)
        if (fabsf(x[i]) > fabsf(extreme)) extreme = x[i];
    return fabsf(extreme) >= LEAST_MAGNITUDE ? extreme / (least < 0 ? least : most) : 0;
}

/// The scale s with x ≈ s · code for up to 16 numbers, codes from `least` to `most`: candidates from far and wide, then close by.
static float VARIANT(scale_of_scales)(const float *x, const float *w, int count, float least, float most) {
    const float plain = VARIANT(plain_scale)(x, count, least, most);
    if (plain == 0) return 0;
    const lanes steps = {-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7};
    const float unit = 1 / (fabsf(plain) * (least < 0 ? -least : most));
    float inverse = 1 / plain;
    VARIANT(best_of_candidates)(steps * (0.5f * unit) + inverse, x, w, count, least, most, &inverse);
    const float scale =
        VARIANT(best_of_candidates)(steps * (0.08f * unit) + inverse, x, w, count, least, most, &inverse);
    return scale != 0 ? scale : plain;
}
