// Blocks to numbers, sixteen at a time straight into either type: the same products and sums, rounded one by one, as by the plain
// readers of `dequantise.c`, which includes this for AVX-512.

/// 32 whole numbers: each half times a scale of its own, plus `offsets` where there are any.
LATHE_INLINE void VARIANT(put_numbers)(
    I low, I high, const V scales[2], const V *offsets, void *to, long i, lathe_type to_type) {
    V first = i_floats(low) * scales[0], second = i_floats(high) * scales[1];
    if (offsets) {
        first += offsets[0];
        second += offsets[1];
    }
    v_store(to, i, to_type, first, LANES);
    v_store(to, i + LANES, to_type, second, LANES);
}

/// The same for 32 signed bytes.
LATHE_INLINE void VARIANT(put_bytes)(
    __m256i bytes, const V scales[2], const V *offsets, void *to, long i, lathe_type to_type) {
    VARIANT(put_numbers)(
        _mm512_cvtepi8_epi32(_mm256_castsi256_si128(bytes)), _mm512_cvtepi8_epi32(_mm256_extracti128_si256(bytes, 1)), scales,
        offsets, to, i, to_type);
}

LATHE_INLINE __m256i VARIANT(load_bytes)(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

/// `bits` of each byte from bit `shift` on, at bit `place` of the result.
LATHE_INLINE __m256i VARIANT(bits_of)(__m256i bytes, int shift, int bits, int place) {
    __m256i mask = _mm256_set1_epi8((char)((1 << bits) - 1) << place);
    __m256i moved = shift >= place ? _mm256_srli_epi16(bytes, shift - place) : _mm256_slli_epi16(bytes, place - shift);
    return _mm256_and_si256(moved, mask);
}

/// IQ4: 32 codes of 4 bits that stand for bytes of a table.
LATHE_INLINE void VARIANT(wide_iq4)(float d, const uint8_t *q, void *to, lathe_type to_type, long i) {
    const __m128i table = _mm_loadu_si128((const __m128i *)iq4_values), codes = _mm_loadu_si128((const __m128i *)q);
    const __m128i nibble = _mm_set1_epi8(15), high = _mm_and_si128(_mm_srli_epi16(codes, 4), nibble);
    const V scales[2] = {v_set1(d), v_set1(d)};
    VARIANT(put_numbers)(
        _mm512_cvtepi8_epi32(_mm_shuffle_epi8(table, _mm_and_si128(codes, nibble))),
        _mm512_cvtepi8_epi32(_mm_shuffle_epi8(table, high)), scales, NULL, to, i, to_type);
}

/// Blocks of 32 numbers with one scale.
LATHE_INLINE void VARIANT(wide_small)(lathe_format format, const uint8_t *b, void *to, lathe_type to_type, long count) {
    const bool has_fifth = format == LATHE_Q5_0 || format == LATHE_Q5_1;
    const block_kind kind = kind_of(format);
    const int head = kind.has_minimum ? 4 : 2, size = (int)row_bytes(format, 32);
    for (long i = 0; i < count; i += 32, b += size) {
        V scales[2], offsets[2];
        scales[0] = scales[1] = v_set1(HALF(b));
        if (kind.has_minimum) offsets[0] = offsets[1] = v_set1(HALF(b + 2));
        if (format == LATHE_IQ4_NL) {
            VARIANT(wide_iq4)(HALF(b), b + 2, to, to_type, i);
            continue;
        }
        if (format == LATHE_Q8_0) {
            VARIANT(put_bytes)(VARIANT(load_bytes)(b + 2), scales, NULL, to, i, to_type);
            continue;
        }
        const I q = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(b + size - 16)));
        I low = i_and(q, i_set1(15)), high = i_right(q, 4);
        if (has_fifth) {
            uint32_t fifth;
            memcpy(&fifth, b + head, 4);
            low = i_or(low, _mm512_maskz_set1_epi32((__mmask16)fifth, 16));
            high = i_or(high, _mm512_maskz_set1_epi32((__mmask16)(fifth >> 16), 16));
        }
        if (!kind.has_minimum) {
            low = _mm512_sub_epi32(low, i_set1(kind.offset));
            high = _mm512_sub_epi32(high, i_set1(kind.offset));
        }
        VARIANT(put_numbers)(low, high, scales, kind.has_minimum ? offsets : NULL, to, i, to_type);
    }
}

/// Q4_K and Q5_K: eight parts of 32, each with a scale and a minimum of 6 bits.
LATHE_INLINE void VARIANT(wide_q4_k)(bool has_fifth, const uint8_t *b, void *to, lathe_type to_type, long i) {
    const float d = HALF(b), minimum = HALF(b + 2);
    const uint8_t *q = b + (has_fifth ? 48 : 16);
    const __m256i fifth = has_fifth ? VARIANT(load_bytes)(b + 16) : _mm256_setzero_si256();
#pragma clang loop unroll(full)
    for (int part = 0; part < 8; part++) {
        int scale, offset;
        packed_six_bits(b + 4, part, &scale, &offset);
        V scales[2], offsets[2];
        scales[0] = scales[1] = v_set1(d * (float)scale);
        offsets[0] = offsets[1] = v_set1(-(minimum * (float)offset));
        __m256i bytes = VARIANT(bits_of)(VARIANT(load_bytes)(q + part / 2 * 32), part % 2 * 4, 4, 0);
        if (has_fifth) bytes = _mm256_or_si256(bytes, VARIANT(bits_of)(fifth, part, 1, 4));
        VARIANT(put_bytes)(bytes, scales, offsets, to, i + part * 32, to_type);
    }
}

/// Q6_K: sixteen scales of 8 bits.
LATHE_INLINE void VARIANT(wide_q6_k)(const uint8_t *b, void *to, lathe_type to_type, long i) {
    const float d = HALF(b + 208);
    const int8_t *scale = (const int8_t *)(b + 192);
#pragma clang loop unroll(full)
    for (int part = 0; part < 8; part++, scale += 2) {
        const int half = part / 4, quarter = part % 4;
        const __m256i low = VARIANT(load_bytes)(b + half * 64 + quarter % 2 * 32), high = VARIANT(load_bytes)(b + 128 + half * 32);
        __m256i bytes = _mm256_or_si256(
            VARIANT(bits_of)(low, quarter / 2 * 4, 4, 0), VARIANT(bits_of)(high, quarter * 2, 2, 4));
        const V scales[2] = {v_set1(d * (float)scale[0]), v_set1(d * (float)scale[1])};
        VARIANT(put_bytes)(_mm256_sub_epi8(bytes, _mm256_set1_epi8(32)), scales, NULL, to, i + part * 32, to_type);
    }
}

/// Q2_K: sixteen scales and minima of 4 bits.
LATHE_INLINE void VARIANT(wide_q2_k)(const uint8_t *b, void *to, lathe_type to_type, long i) {
    const float d = HALF(b + 80), minimum = HALF(b + 82);
#pragma clang loop unroll(full)
    for (int part = 0; part < 8; part++) {
        V scales[2], offsets[2];
        for (int h = 0; h < 2; h++) {
            scales[h] = v_set1(d * (float)(b[part * 2 + h] & 15));
            offsets[h] = v_set1(-(minimum * (float)(b[part * 2 + h] >> 4)));
        }
        const __m256i q = VARIANT(load_bytes)(b + 16 + part / 4 * 32);
        VARIANT(put_bytes)(VARIANT(bits_of)(q, part % 4 * 2, 2, 0), scales, offsets, to, i + part * 32, to_type);
    }
}

/// Q3_K: sixteen scales of 6 bits; a third bit that is missing takes 4 away.
LATHE_INLINE void VARIANT(wide_q3_k)(const uint8_t *b, void *to, lathe_type to_type, long i) {
    const float d = HALF(b + 108);
    const __m256i third = VARIANT(load_bytes)(b);
#pragma clang loop unroll(full)
    for (int part = 0; part < 8; part++) {
        const __m256i q = VARIANT(load_bytes)(b + 32 + part / 4 * 32);
        __m256i bytes = _mm256_or_si256(VARIANT(bits_of)(q, part % 4 * 2, 2, 0), VARIANT(bits_of)(third, part, 1, 2));
        const V scales[2] = {
            v_set1(d * (float)q3_scale(b + 96, part * 2)), v_set1(d * (float)q3_scale(b + 96, part * 2 + 1))};
        VARIANT(put_bytes)(_mm256_sub_epi8(bytes, _mm256_set1_epi8(4)), scales, NULL, to, i + part * 32, to_type);
    }
}

/// Whole blocks of any format.
LATHE_INLINE void VARIANT(wide)(lathe_format format, const uint8_t *b, void *to, lathe_type to_type, long count) {
    for (long i = 0; i < count; i += 256) switch (format) {
        case LATHE_Q2_K: VARIANT(wide_q2_k)(b + i / 256 * 84, to, to_type, i); break;
        case LATHE_Q3_K: VARIANT(wide_q3_k)(b + i / 256 * 110, to, to_type, i); break;
        case LATHE_Q4_K: VARIANT(wide_q4_k)(false, b + i / 256 * 144, to, to_type, i); break;
        case LATHE_Q5_K: VARIANT(wide_q4_k)(true, b + i / 256 * 176, to, to_type, i); break;
        case LATHE_Q6_K: VARIANT(wide_q6_k)(b + i / 256 * 210, to, to_type, i); break;
        case LATHE_IQ4_XS: {
            const uint8_t *p = b + i / 256 * 136;
            for (int part = 0; part < 8; part++)
                VARIANT(wide_iq4)(HALF(p) * (float)iq4_scale(p, part), p + 8 + part * 16, to, to_type, i + part * 32);
            break;
        }
        default: VARIANT(wide_small)(format, b, to, to_type, count); return;
        }
}
