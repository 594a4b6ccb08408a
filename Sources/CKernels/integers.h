// Vectors of bytes and 32-bit integers for dot products of blocks: LANES rows at a time, a row a lane.
#pragma once
#include "simd.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

LATHE_INLINE __m256i i256_load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
LATHE_INLINE void i256_store(void *p, __m256i x) { _mm256_storeu_si256((__m256i *)p, x); }
LATHE_INLINE __m256i i256_set1(int x) { return _mm256_set1_epi32(x); }
LATHE_INLINE __m256i i256_and(__m256i a, __m256i b) { return _mm256_and_si256(a, b); }
LATHE_INLINE __m256i i256_xor(__m256i a, __m256i b) { return _mm256_xor_si256(a, b); }
LATHE_INLINE __m256i i256_or(__m256i a, __m256i b) { return _mm256_or_si256(a, b); }
LATHE_INLINE __m256i i256_right(__m256i a, int bits) { return _mm256_srli_epi32(a, bits); }
LATHE_INLINE __m256i i256_left4(__m256i a) { return _mm256_slli_epi32(a, 4); }
/// Byte `i` of each lane, with its sign.
LATHE_INLINE __m256i i256_signed_byte(__m256i a, int i) {
    return _mm256_srai_epi32(_mm256_slli_epi32(a, (24 - 8 * i)), 24);
}
LATHE_INLINE __m256i i256_right4(__m256i a) { return _mm256_srli_epi16(a, 4); }
LATHE_INLINE __m256 i256_floats(__m256i a) { return _mm256_cvtepi32_ps(a); }
/// 254 · coarse + fine
LATHE_INLINE __m256i i256_combine(__m256i coarse, __m256i fine) {
    return _mm256_add_epi32(_mm256_slli_epi32(coarse, 8), _mm256_sub_epi32(fine, _mm256_add_epi32(coarse, coarse)));
}
LATHE_INLINE __m256i i256_low32(__m256i a, __m256i b) { return _mm256_unpacklo_epi32(a, b); }
LATHE_INLINE __m256i i256_high32(__m256i a, __m256i b) { return _mm256_unpackhi_epi32(a, b); }
LATHE_INLINE __m256i i256_low64(__m256i a, __m256i b) { return _mm256_unpacklo_epi64(a, b); }
LATHE_INLINE __m256i i256_high64(__m256i a, __m256i b) { return _mm256_unpackhi_epi64(a, b); }
/// The low 16 bits of each lane, read as f16.
LATHE_INLINE __m256 i256_low_halves(__m256i a) {
    __m256i packed = _mm256_packus_epi32(_mm256_and_si256(a, _mm256_set1_epi32(0xffff)), _mm256_setzero_si256());
    return _mm256_cvtph_ps(_mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08)));
}
LATHE_INLINE __m256 i256_high_halves(__m256i a) { return i256_low_halves(_mm256_srli_epi32(a, 16)); }
/// 16 bytes of rows `first` and `first + 4`.
LATHE_INLINE __m256i i256_rows(const uint8_t *const *rows, int first, long place) {
    return _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(rows[first] + place))),
        _mm_loadu_si128((const __m128i *)(rows[first + 4] + place)), 1);
}
/// sums + a · x over groups of four bytes, a signed (−128 allowed), x within ±127: neither product saturates.
LATHE_INLINE __m256i i256_dot_signed(__m256i sums, __m256i a, __m256i x) {
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(a), _mm256_sign_epi8(x, a));
    return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
/// sums + a · x, a unsigned and below 128.
LATHE_INLINE __m256i i256_dot_unsigned(__m256i sums, __m256i a, __m256i x) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(a, x), _mm256_set1_epi16(1)));
}
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma,f16c"))), apply_to = function)
/// sums + a · x over groups of four bytes, a unsigned.
LATHE_INLINE __m256i i256_dot(__m256i sums, __m256i a, __m256i x) { return _mm256_dpbusd_avx_epi32(sums, a, x); }
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)

LATHE_INLINE __m512i i512_load(const void *p) { return _mm512_loadu_si512(p); }
LATHE_INLINE void i512_store(void *p, __m512i x) { _mm512_storeu_si512(p, x); }
LATHE_INLINE __m512i i512_set1(int x) { return _mm512_set1_epi32(x); }
LATHE_INLINE __m512i i512_and(__m512i a, __m512i b) { return _mm512_and_si512(a, b); }
LATHE_INLINE __m512i i512_xor(__m512i a, __m512i b) { return _mm512_xor_si512(a, b); }
LATHE_INLINE __m512i i512_or(__m512i a, __m512i b) { return _mm512_or_si512(a, b); }
LATHE_INLINE __m512i i512_right(__m512i a, int bits) { return _mm512_srli_epi32(a, (unsigned)bits); }
LATHE_INLINE __m512i i512_left4(__m512i a) { return _mm512_slli_epi32(a, 4); }
/// Byte `i` of each lane, with its sign.
LATHE_INLINE __m512i i512_signed_byte(__m512i a, int i) {
    return _mm512_srai_epi32(_mm512_slli_epi32(a, (unsigned)(24 - 8 * i)), 24);
}
LATHE_INLINE __m512i i512_right4(__m512i a) { return _mm512_srli_epi16(a, 4); }
LATHE_INLINE __m512 i512_floats(__m512i a) { return _mm512_cvtepi32_ps(a); }
LATHE_INLINE __m512i i512_combine(__m512i coarse, __m512i fine) {
    return _mm512_add_epi32(_mm512_slli_epi32(coarse, 8), _mm512_sub_epi32(fine, _mm512_add_epi32(coarse, coarse)));
}
LATHE_INLINE __m512i i512_low32(__m512i a, __m512i b) { return _mm512_unpacklo_epi32(a, b); }
LATHE_INLINE __m512i i512_high32(__m512i a, __m512i b) { return _mm512_unpackhi_epi32(a, b); }
LATHE_INLINE __m512i i512_low64(__m512i a, __m512i b) { return _mm512_unpacklo_epi64(a, b); }
LATHE_INLINE __m512i i512_high64(__m512i a, __m512i b) { return _mm512_unpackhi_epi64(a, b); }
LATHE_INLINE __m512 i512_low_halves(__m512i a) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(a)); }
LATHE_INLINE __m512 i512_high_halves(__m512i a) { return i512_low_halves(_mm512_srli_epi32(a, 16)); }
/// 16 bytes of rows `first`, `first + 4`, `first + 8` and `first + 12`.
LATHE_INLINE __m512i i512_rows(const uint8_t *const *rows, int first, long place) {
    __m512i x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(rows[first] + place)));
    x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(rows[first + 4] + place)), 1);
    x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(rows[first + 8] + place)), 2);
    return _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(rows[first + 12] + place)), 3);
}
LATHE_INLINE __m512i i512_dot_signed(__m512i sums, __m512i a, __m512i x) {
    __m512i turned = _mm512_mask_sub_epi8(x, _mm512_movepi8_mask(a), _mm512_setzero_si512(), x);
    __m512i pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(a), turned);
    return _mm512_add_epi32(sums, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}
LATHE_INLINE __m512i i512_dot_unsigned(__m512i sums, __m512i a, __m512i x) {
    return _mm512_add_epi32(sums, _mm512_madd_epi16(_mm512_maddubs_epi16(a, x), _mm512_set1_epi16(1)));
}
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512vnni,avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
LATHE_INLINE __m512i i512_dot(__m512i sums, __m512i a, __m512i x) { return _mm512_dpbusd_epi32(sums, a, x); }
#pragma clang attribute pop
