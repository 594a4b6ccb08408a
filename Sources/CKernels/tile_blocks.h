// Blocks of LANES stored rows, a row a lane. Included once for each variant of `integer_rows.c`.

/// What LANES rows have in one block: bytes, row by row in lanes, four neighbours a vector, and the scales of its halves.
typedef struct {
    I bytes[8];
    V scale[2], minimum[2];
} VARIANT(tile_block);

/// Four times 4 bytes of each row: four vectors in which a row's bytes stand in the row's lane.
LATHE_INLINE void VARIANT(turn)(const uint8_t *const *rows, long place, I to[4]) {
    I a = i_rows(rows, 0, place), b = i_rows(rows, 1, place), c = i_rows(rows, 2, place), d = i_rows(rows, 3, place);
    I ab_low = i_low32(a, b), ab_high = i_high32(a, b), cd_low = i_low32(c, d), cd_high = i_high32(c, d);
    to[0] = i_low64(ab_low, cd_low);
    to[1] = i_high64(ab_low, cd_low);
    to[2] = i_low64(ab_high, cd_high);
    to[3] = i_high64(ab_high, cd_high);
}

/// The first 4 bytes of each row, in the row's lane. 16 are read.
LATHE_INLINE I VARIANT(turn_first)(const uint8_t *const *rows, long place) {
    I a = i_rows(rows, 0, place), b = i_rows(rows, 1, place), c = i_rows(rows, 2, place), d = i_rows(rows, 3, place);
    return i_low64(i_low32(a, b), i_low32(c, d));
}

/// Bytes from 0 to 255, as VNNI multiplies them, are kept signed where products of pairs must fit 16 bits.
LATHE_INLINE I VARIANT(wide)(I bytes) {
#if HAS_VNNI
    return i_xor(bytes, i_set1((int)0x80808080));
#else
    return bytes;
#endif
}

/// Scale and minimum of part `i` of the eight of Q4_K and Q5_K, 6 bits each, from 12 bytes of each row.
LATHE_INLINE void VARIANT(six_bits)(const I packed[3], long i, I *scale, I *minimum) {
    const int shift = (int)(i % 4) * 8;
    if (i < 4) {
        *scale = i_and(i_right(packed[0], shift), i_set1(63));
        *minimum = i_and(i_right(packed[1], shift), i_set1(63));
        return;
    }
    const I low = i_set1(15), high = i_set1(48);
    *scale = i_or(i_and(i_right(packed[2], shift), low), i_and(i_right(packed[0], shift + 2), high));
    *minimum = i_or(i_and(i_right(packed[2], shift + 4), low), i_and(i_right(packed[1], shift + 2), high));
}

/// Block `b` of Q4_K or Q5_K; see `unpack_block` for the layout.
LATHE_INLINE void VARIANT(read_q4_k)(lathe_format format, const uint8_t *const *rows, long b, VARIANT(tile_block) *to) {
    const bool has_fifth = format == LATHE_Q5_K;
    const long start = b / 8 * (has_fifth ? 176 : 144), place = start + (has_fifth ? 48 : 16) + b % 8 / 2 * 32;
    const int shift = (int)(b & 1) * 4, bit = (int)(b % 8);
    I packed[4], scale, minimum, fifth[8];
    const I heads = VARIANT(turn_first)(rows, start);
    VARIANT(turn)(rows, start + 4, packed);
    VARIANT(six_bits)(packed, b % 8, &scale, &minimum);
    to->scale[0] = i_low_halves(heads) * i_floats(scale);
    to->minimum[0] = -(i_high_halves(heads) * i_floats(minimum));
    VARIANT(turn)(rows, place, to->bytes);
    VARIANT(turn)(rows, place + 16, to->bytes + 4);
    if (has_fifth) {
        VARIANT(turn)(rows, start + 16, fifth);
        VARIANT(turn)(rows, start + 32, fifth + 4);
    }
    for (int g = 0; g < 8; g++) {
        to->bytes[g] = i_and(i_right(to->bytes[g], shift), i_set1(0x0f0f0f0f));
        if (has_fifth)
            to->bytes[g] = i_or(to->bytes[g], i_left4(i_and(i_right(fifth[g], bit), i_set1(0x01010101))));
    }
}

/// Block `b` of Q6_K; see `unpack_block` for the layout.
LATHE_INLINE void VARIANT(read_q6_k)(const uint8_t *const *rows, long b, VARIANT(tile_block) *to) {
    const long start = b / 8 * 210, low = start + b % 8 / 4 * 64 + (b & 1) * 32, high = start + 128 + b % 8 / 4 * 32;
    const int shift = (int)(b % 4 / 2) * 4, bits = (int)(b % 4) * 2;
    I scales[4], tail[4], upper[8];
    VARIANT(turn)(rows, start + 192, scales);
    VARIANT(turn)(rows, start + 194, tail);  // no load reaches past the block
    const V d = i_high_halves(tail[3]);
    for (int h = 0; h < 2; h++)
        to->scale[h] = d * i_floats(i_signed_byte(scales[b % 8 / 2], (int)(b & 1) * 2 + h));
    VARIANT(turn)(rows, low, to->bytes);
    VARIANT(turn)(rows, low + 16, to->bytes + 4);
    VARIANT(turn)(rows, high, upper);
    VARIANT(turn)(rows, high + 16, upper + 4);
    for (int g = 0; g < 8; g++)
        to->bytes[g] = i_or(
            i_and(i_right(to->bytes[g], shift), i_set1(0x0f0f0f0f)),
            i_left4(i_and(i_right(upper[g], bits), i_set1(0x03030303))));
}

/// Block `b` of LANES rows, `format` known where this is inlined.
LATHE_INLINE void VARIANT(read_block)(
    lathe_format format, const uint8_t *const *rows, long b, VARIANT(tile_block) *to) {
    const block_kind kind = kind_of(format);
    // The formats people use most come straight from the rows.
    if (format == LATHE_Q4_0 || format == LATHE_Q4_1 || format == LATHE_Q8_0) {
        const bool is_wide = format == LATHE_Q8_0;
        const long size = is_wide ? 34 : format == LATHE_Q4_1 ? 20 : 18, place = b * size + (format == LATHE_Q4_1 ? 4 : 2);
        const I heads = VARIANT(turn_first)(rows, b * size), nibble = i_set1(0x0f0f0f0f);
        to->scale[0] = i_low_halves(heads);
        if (kind.has_minimum) to->minimum[0] = i_high_halves(heads);
        I low[4], high[4];
        VARIANT(turn)(rows, place, low);
        if (is_wide) VARIANT(turn)(rows, place + 16, high);
        for (int g = 0; g < 4; g++) {
            to->bytes[g] = is_wide ? VARIANT(wide)(low[g]) : i_and(low[g], nibble);
            to->bytes[g + 4] = is_wide ? VARIANT(wide)(high[g]) : i_and(i_right4(low[g]), nibble);
        }
        return;
    }
    if (format == LATHE_Q4_K || format == LATHE_Q5_K) return VARIANT(read_q4_k)(format, rows, b, to);
    if (format == LATHE_Q6_K) return VARIANT(read_q6_k)(rows, b, to);
    integer_block unpacked[LANES];
    float scales[2][LANES], minima[2][LANES];
    const uint8_t *bytes[LANES];
    for (int row = 0; row < LANES; row++) {
        unpack_block(format, rows[row], b, unpacked + row);
        bytes[row] = unpacked[row].bytes;
        for (int h = 0; h < kind.halves; h++) {
            scales[h][row] = unpacked[row].scale[h];
            if (kind.has_minimum) minima[h][row] = unpacked[row].minimum[h];
        }
    }
    VARIANT(turn)(bytes, 0, to->bytes);
    VARIANT(turn)(bytes, 16, to->bytes + 4);
    if (kind.offset == 128 && !HAS_VNNI)
        for (int g = 0; g < 8; g++) to->bytes[g] = i_xor(to->bytes[g], i_set1((int)0x80808080));
    for (int h = 0; h < kind.halves; h++) {
        to->scale[h] = v_load(scales[h], 0, LATHE_F32, LANES);
        if (kind.has_minimum) to->minimum[h] = v_load(minima[h], 0, LATHE_F32, LANES);
    }
}
