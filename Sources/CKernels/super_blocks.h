// Super-blocks of 256 numbers: eight parts of 32 or sixteen of 16, each with a small whole number for a scale, and for a minimum
// where the format has one. First the parts' own scales are found, then the scale of these, then the codes that are nearest.
// Included once for each variant of `quantise_weights.c`.

/// What a block's parts are worth: scales and minima as found, and how much each part counts.
typedef struct {
    lanes scale, minimum, weight;
} VARIANT(parts);

/// A block's scales as they are stored: a half and a whole number for each part; the same for minima.
typedef struct {
    uint16_t d, m;
    int scale[16], minimum[16];
} VARIANT(scales);

/// Rounds the scales of `count` parts from part `first` on, to whole numbers from `least` to `most` times a half, and leaves in `to`
/// what they are now. The half is the one that leaves the least error, or the plain one that takes the largest scale to the end.
static uint16_t VARIANT(round_scales)(
    lanes x, lanes weight, int first, int count, float least, float most, bool is_plain, int *wholes, lanes *to) {
    float given[16], weights[16];
    for (int i = 0; i < count; i++) {
        given[i] = x[first + i];
        weights[i] = weight[first + i];
    }
    const uint16_t half = float_to_f16(
        is_plain ? VARIANT(plain_scale)(given, count, least, most) : VARIANT(scale_of_scales)(given, weights, count, least, most));
    const float scale = f16_to_float(half);
    const bool is_nothing = scale == 0 || !isfinite(scale);
    for (int i = 0; i < count; i++) {
        float whole = is_nothing ? 0 : rintf(given[i] / scale);
        whole = whole > least ? whole : least;
        wholes[i] = (int)(whole < most ? whole : most);
        (*to)[first + i] = scale * (float)wholes[i];
    }
    return half;
}

/// 256 codes of 2 bits: bytes of four that are 32 apart.
SIDE_INLINE void VARIANT(put_pairs)(const uint8_t *codes, uint8_t *to) {
    for (int half = 0; half < 2; half++, codes += 128, to += 32)
        for (int l = 0; l < 32; l++)
            to[l] = (uint8_t)((codes[l] & 3) | (codes[l + 32] & 3) << 2 | (codes[l + 64] & 3) << 4 | codes[l + 96] << 6);
}

/// 256 codes of 4 bits: bytes of two that are 32 apart.
SIDE_INLINE void VARIANT(put_nibbles)(const uint8_t *codes, uint8_t *to) {
    for (int pair = 0; pair < 4; pair++, codes += 64, to += 32)
        for (int l = 0; l < 32; l++) to[l] = (uint8_t)((codes[l] & 15) | codes[l + 32] << 4);
}

/// Scales and minima of Q4_K and Q5_K, 6 bits each; see `packed_six_bits`.
SIDE_INLINE void VARIANT(put_six_bits)(const VARIANT(scales) *scales, uint8_t *to) {
    const int *s = scales->scale, *m = scales->minimum;
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(s[i] | (s[i + 4] >> 4) << 6);
        to[i + 4] = (uint8_t)(m[i] | (m[i + 4] >> 4) << 6);
        to[i + 8] = (uint8_t)((s[i + 4] & 15) | (m[i + 4] & 15) << 4);
    }
}

SIDE_INLINE void VARIANT(put_q2_k)(const VARIANT(scales) *scales, const uint8_t *codes, uint8_t *to) {
    for (int i = 0; i < 16; i++) to[i] = (uint8_t)(scales->scale[i] | scales->minimum[i] << 4);
    VARIANT(put_pairs)(codes, to + 16);
    memcpy(to + 80, &scales->d, 2);
    memcpy(to + 82, &scales->m, 2);
}

SIDE_INLINE void VARIANT(put_q3_k)(const VARIANT(scales) *scales, const uint8_t *codes, uint8_t *to) {
    memset(to, 0, 32);
    for (int part = 0; part < 8; part++)
        for (int l = 0; l < 32; l++) to[l] |= (uint8_t)((codes[part * 32 + l] >> 2) << part);
    VARIANT(put_pairs)(codes, to + 32);
    memset(to + 96, 0, 12);
    for (int i = 0; i < 16; i++) {
        const int scale = scales->scale[i] + 32;
        to[96 + i % 8] |= (uint8_t)((scale & 15) << 4 * (i / 8));
        to[104 + i % 4] |= (uint8_t)((scale >> 4) << 2 * (i / 4));
    }
    memcpy(to + 108, &scales->d, 2);
}

SIDE_INLINE void VARIANT(put_q4_k)(const VARIANT(scales) *scales, bool has_fifth, const uint8_t *codes, uint8_t *to) {
    memcpy(to, &scales->d, 2);
    memcpy(to + 2, &scales->m, 2);
    VARIANT(put_six_bits)(scales, to + 4);
    to += 16;
    if (has_fifth) {
        memset(to, 0, 32);
        for (int part = 0; part < 8; part++)
            for (int l = 0; l < 32; l++) to[l] |= (uint8_t)((codes[part * 32 + l] >> 4) << part);
        to += 32;
    }
    VARIANT(put_nibbles)(codes, to);
}

SIDE_INLINE void VARIANT(put_q6_k)(const VARIANT(scales) *scales, const uint8_t *codes, uint8_t *to) {
    for (int half = 0; half < 2; half++) {
        const uint8_t *c = codes + half * 128;
        uint8_t *low = to + half * 64, *high = to + 128 + half * 32;
        for (int l = 0; l < 32; l++) {
            low[l] = (uint8_t)((c[l] & 15) | (c[l + 64] & 15) << 4);
            low[l + 32] = (uint8_t)((c[l + 32] & 15) | (c[l + 96] & 15) << 4);
            high[l] = (uint8_t)(c[l] >> 4 | (c[l + 32] >> 4) << 2 | (c[l + 64] >> 4) << 4 | (c[l + 96] >> 4) << 6);
        }
    }
    for (int i = 0; i < 16; i++) to[192 + i] = (uint8_t)scales->scale[i];
    memcpy(to + 208, &scales->d, 2);
}

SIDE_INLINE void VARIANT(put_iq4_xs)(const VARIANT(scales) *scales, const uint8_t *codes, uint8_t *to) {
    uint16_t high = 0;
    memset(to + 4, 0, 4);
    for (int i = 0; i < 8; i++) {
        const int scale = scales->scale[i] + 32;
        to[4 + i / 2] |= (uint8_t)((scale & 15) << 4 * (i % 2));
        high |= (uint16_t)((scale >> 4) << 2 * i);
    }
    memcpy(to, &scales->d, 2);
    memcpy(to + 2, &high, 2);
    for (int part = 0; part < 8; part++)
        for (int l = 0; l < 16; l++)
            to[8 + part * 16 + l] = (uint8_t)(codes[part * 32 + l] | codes[part * 32 + l + 16] << 4);
}

SIDE_INLINE void VARIANT(put_super)(
    lathe_format format, const VARIANT(scales) *scales, const uint8_t *codes, uint8_t *to) {
    switch (format) {
    case LATHE_Q2_K: return VARIANT(put_q2_k)(scales, codes, to);
    case LATHE_Q3_K: return VARIANT(put_q3_k)(scales, codes, to);
    case LATHE_Q6_K: return VARIANT(put_q6_k)(scales, codes, to);
    case LATHE_IQ4_XS: return VARIANT(put_iq4_xs)(scales, codes, to);
    default: return VARIANT(put_q4_k)(scales, format == LATHE_Q5_K, codes, to);
    }
}

/// What each element counts, times its importance where there is one; `weight` gets what each part counts.
SIDE_INLINE void VARIANT(weigh_super)(
    lathe_format format, const lanes *x, const lanes *importance, int size, lanes *w, lanes *weight) {
    lanes squares = VARIANT(all)(0);
    for (int j = 0; j < size; j++) squares += x[j] * x[j];
    lanes mean = squares;
    const int parts = 256 / size;
    for (int first = 0; first < LATHE_SIDE; first += parts) {
        float sum = 0;
        for (int i = 0; i < parts; i++) sum += squares[first + i];
        for (int i = 0; i < parts; i++) mean[first + i] = sum / (format == LATHE_Q2_K ? 256 : 128);
    }
    const lanes part_root = VARIANT(root)(squares / (float)size);
    *weight = VARIANT(all)(0);
    for (int j = 0; j < size; j++) {
        const lanes square = x[j] * x[j];
        if (importance) w[j] = format == LATHE_Q6_K ? importance[j] : importance[j] * VARIANT(root)(mean + square);
        else if (format == LATHE_Q2_K) w[j] = VARIANT(magnitude)(x[j]);
        else if (format == LATHE_Q4_K || format == LATHE_Q5_K) w[j] = part_root + VARIANT(magnitude)(x[j]);
        else w[j] = square;
        *weight += w[j];
    }
}

/// Scales and minima of sixteen parts, as a search finds them.
SIDE_INLINE VARIANT(parts) VARIANT(search_super)(
    lathe_format format, const lanes *x, const lanes *w, bool has_importance, int size) {
    VARIANT(candidates) candidates = {-0.9f, 0.05f, 36, false};
    VARIANT(parts) found = {VARIANT(all)(0), VARIANT(all)(0), VARIANT(all)(0)};
    switch (format) {
    case LATHE_Q3_K:
        found.scale = has_importance ? VARIANT(symmetric_scale)(x, w, size, 4) : VARIANT(descended_scale)(x, w, size, 4);
        return found;
    case LATHE_Q6_K: found.scale = VARIANT(symmetric_scale)(x, w, size, 32); return found;
    case LATHE_IQ4_XS: found.scale = VARIANT(table_scale)(x, w, size); return found;
    default: break;
    }
    if (!has_importance)
        candidates = format == LATHE_Q4_K ? (VARIANT(candidates)){-1, 0.1f, 20, false}
                                          : (VARIANT(candidates)){-0.5f, 0.1f, 15, format == LATHE_Q2_K};
    const float most = format == LATHE_Q2_K ? 3 : format == LATHE_Q4_K ? 15 : 31;
    const VARIANT(affine) fit = VARIANT(affine_scale)(x, w, size, most, candidates);
    found.scale = VARIANT(pick)(fit.scale > VARIANT(all)(0), fit.scale, VARIANT(all)(0));
    found.minimum = -fit.minimum;
    return found;
}

/// The codes that are nearest to x where parts have these scales and minima; returns each part's error, weighed by `counts` where
/// there are any.
SIDE_INLINE lanes VARIANT(code_super)(
    lathe_format format, const lanes *x, const lanes *counts, int size, lanes scale, lanes minimum, lanes *codes) {
    const block_kind kind = kind_of(format);
    const float most = format == LATHE_Q2_K ? 3 : format == LATHE_Q4_K ? 15 : 31, half = (float)kind.offset;
    const lanes inverse = VARIANT(inverse)(scale);
    lanes error = VARIANT(all)(0);
    for (int j = 0; j < size; j++) {
        lanes number;
        if (format == LATHE_IQ4_XS) {
            const VARIANT(entry) entry = VARIANT(nearest_entry)(x[j] * inverse);
            codes[j] = entry.code;
            number = scale * entry.value;
        } else if (kind.has_minimum) {
            codes[j] = VARIANT(clamp)(VARIANT(nearest)((x[j] + minimum) * inverse), 0, most);
            number = scale * codes[j] - minimum;
        } else {
            const lanes code = VARIANT(clamp)(VARIANT(nearest)(x[j] * inverse), -half, half - 1);
            codes[j] = code + half;
            number = scale * code;
        }
        const lanes left = number - x[j];
        error += counts ? counts[j] * (left * left) : left * left;
    }
    return error;
}

/// Sixteen parts, one or two super-blocks, to blocks; `count` of them are wanted. Scales and minima are rounded in both ways, and
/// what leaves the least error stands.
SIDE_INLINE void VARIANT(quantise_super)(
    lathe_format format, const lanes *x, const lanes *importance, int size, int count, int bytes, uint8_t *to) {
    lanes w[32], weight;
    VARIANT(weigh_super)(format, x, importance, size, w, &weight);
    const VARIANT(parts) found = VARIANT(search_super)(format, x, w, importance != NULL, size);
    const int parts = 256 / size, blocks = LATHE_SIDE / parts;
    const block_kind kind = kind_of(format);
    const float most = format == LATHE_Q2_K ? 15 : format == LATHE_Q6_K ? 127 : kind.has_minimum ? 63 : 31;
    const float least = kind.has_minimum ? 0 : -most - 1;
    VARIANT(scales) tried[2], kept[2];
    float least_error[2] = {INFINITY, INFINITY};
    lanes codes[32], best[32];
    for (int way = 0; way < (kind.has_minimum ? 4 : 2); way++) {
        lanes scale = VARIANT(all)(0), minimum = scale;
        for (int block = 0; block < blocks; block++) {
            VARIANT(scales) *s = tried + block;
            const int first = block * parts;
            s->d = VARIANT(round_scales)(found.scale, weight, first, parts, least, most, way % 2, s->scale, &scale);
            if (kind.has_minimum)
                s->m = VARIANT(round_scales)(found.minimum, weight, first, parts, 0, most, way / 2, s->minimum, &minimum);
        }
        const lanes errors = VARIANT(code_super)(format, x, importance, size, scale, minimum, codes);
        lanes_int is_better = {0};
        for (int block = 0; block < blocks; block++) {
            float error = 0;
            for (int i = 0; i < parts; i++) error += errors[block * parts + i];
            if (way > 0 && !(error < least_error[block])) continue;
            least_error[block] = error;
            kept[block] = tried[block];
            for (int i = 0; i < parts; i++) is_better[block * parts + i] = -1;
        }
        for (int j = 0; j < size; j++) best[j] = VARIANT(pick)(is_better, codes[j], best[j]);
    }
    uint8_t apart[LATHE_SIDE * 32];
    VARIANT(apart)(best, size, apart);
    for (int block = 0; block < count; block++)
        VARIANT(put_super)(format, kept + block, apart + block * 256, to + block * bytes);
}
