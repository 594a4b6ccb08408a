// Eight (AVX2) or sixteen (AVX-512) floats at a time: loads and stores of either type, sums, exp.
// `n` is how many numbers are left; lanes past it load as zero and are not stored.
#pragma once
#include "internal.h"
#include <immintrin.h>

#define LATHE_INLINE static inline __attribute__((always_inline, unused))

// exp(x) = 2^k · e^r with |r| ≤ ln 2 / 2: the split of ln 2 keeps r exact, the polynomial is Cephes' (about 1 ulp).
#define EXP_POLYNOMIAL(fma, set1, r)                                                                                \
    fma(fma(fma(fma(fma(fma(set1(1.9875691500e-4f), r, set1(1.3981999507e-3f)), r, set1(8.3334519073e-3f)), r,      \
                    set1(4.1665795894e-2f)), r, set1(1.6666665459e-1f)), r, set1(5.0000001201e-1f)), r * r,         \
        r + set1(1.0f))

// tanh(x) for |x| < 0.625, where 1 − 2 / (e^2x + 1) would lose digits: Cephes' polynomial, z being x².
#define TANH_POLYNOMIAL(fma, set1, x, z)                                                                            \
    fma(fma(fma(fma(fma(set1(-5.70498872745e-3f), z, set1(2.06390887954e-2f)), z, set1(-5.37397155531e-2f)), z,     \
                set1(1.33314422036e-1f)), z, set1(-3.33332819422e-1f)) * z, x, x)

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

LATHE_INLINE __m256 v256_set1(float x) { return _mm256_set1_ps(x); }
LATHE_INLINE __m256 v256_fma(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
/// The two numbers of each pair exchanged.
LATHE_INLINE __m256 v256_swap_pairs(__m256 x) { return _mm256_permute_ps(x, 0xb1); }
LATHE_INLINE __m256 v256_max(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
LATHE_INLINE __m256i v256_mask(long n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
LATHE_INLINE __m256 v256_from_bf16(__m128i x) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16));
}
LATHE_INLINE __m128i v256_to_bf16(__m256 x) {
    __m256i bits = _mm256_castps_si256(x);
    __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd), 16);
    __m256i quiet = _mm256_or_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(0x40));
    rounded = _mm256_blendv_epi8(rounded, quiet, _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
    return _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
}
LATHE_INLINE __m256 v256_load(const void *p, long i, lathe_type type, long n) {
    if (type == LATHE_F32) {
        const float *from = (const float *)p + i;
        return n >= 8 ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, v256_mask(n));
    }
    const uint16_t *from = (const uint16_t *)p + i;
    if (n >= 8) return v256_from_bf16(_mm_loadu_si128((const __m128i *)from));
    uint16_t halves[8] = {0};
    for (long lane = 0; lane < n; lane++) halves[lane] = from[lane];
    return v256_from_bf16(_mm_loadu_si128((const __m128i *)halves));
}
LATHE_INLINE void v256_store(void *p, long i, lathe_type type, __m256 x, long n) {
    if (type == LATHE_F32) {
        float *to = (float *)p + i;
        if (n >= 8) _mm256_storeu_ps(to, x);
        else _mm256_maskstore_ps(to, v256_mask(n), x);
        return;
    }
    uint16_t *to = (uint16_t *)p + i, halves[8];
    if (n >= 8) {
        _mm_storeu_si128((__m128i *)to, v256_to_bf16(x));
        return;
    }
    _mm_storeu_si128((__m128i *)halves, v256_to_bf16(x));
    for (long lane = 0; lane < n; lane++) to[lane] = halves[lane];
}
LATHE_INLINE float v256_sum(__m256 x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
/// Four sums, each added up in the same order whatever its place.
LATHE_INLINE __m128 v256_sum4(__m256 a, __m256 b, __m256 c, __m256 d) {
    __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}
/// The bits of the largest magnitude among `x` and `least`; NaN counts as larger than infinity.
LATHE_INLINE uint32_t v256_largest_bits(__m256 x, uint32_t least) {
    __m256i bits = _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7fffffff));
    __m128i s = _mm_max_epu32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1));
    s = _mm_max_epu32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_max_epu32(s, _mm_shuffle_epi32(s, 0xb1));
    uint32_t largest = (uint32_t)_mm_cvtsi128_si32(s);
    return largest > least ? largest : least;
}
/// Whole numbers within ±127 as bytes.
LATHE_INLINE void v256_store_bytes(int8_t *to, __m256 x) {
    __m256i whole = _mm256_cvtps_epi32(x);
    __m128i pairs = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
    _mm_storel_epi64((__m128i *)to, _mm_packs_epi16(pairs, pairs));
}
LATHE_INLINE float v256_largest(__m256 x) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}
LATHE_INLINE __m256 v256_keep(__m256 x, long n, float other) {
    return _mm256_blendv_ps(_mm256_set1_ps(other), x, _mm256_castsi256_ps(v256_mask(n)));
}
/// `other` where x is above 0, else 0.
LATHE_INLINE __m256 v256_where_positive(__m256 x, __m256 other) {
    return _mm256_and_ps(_mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ), other);
}
LATHE_INLINE __m256 v256_exp(__m256 x) {
    // The constant comes first: of two operands, max and min give the second where one is NaN.
    x = _mm256_min_ps(_mm256_set1_ps(89.0f), _mm256_max_ps(_mm256_set1_ps(-104.5f), x));
    __m256 k = _mm256_round_ps(x * _mm256_set1_ps(1.44269504f), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(k, _mm256_set1_ps(0.693359375f), x);
    r = _mm256_fnmadd_ps(k, _mm256_set1_ps(-2.12194440e-4f), r);
    __m256 y = EXP_POLYNOMIAL(_mm256_fmadd_ps, _mm256_set1_ps, r);
    // 2^k in two factors, so that subnormal results and overflow come out right.
    __m256i whole = _mm256_cvtps_epi32(k), half = _mm256_srai_epi32(whole, 1), bias = _mm256_set1_epi32(127);
    __m256i rest = _mm256_sub_epi32(whole, half);
    y *= _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    return y * _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
}
LATHE_INLINE __m256 v256_tanh(__m256 x) {
    __m256 sign = _mm256_and_ps(x, _mm256_set1_ps(-0.0f)), size = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
    __m256 one = _mm256_set1_ps(1), far = one - _mm256_set1_ps(2) / (v256_exp(size + size) + one);
    __m256 near = TANH_POLYNOMIAL(_mm256_fmadd_ps, _mm256_set1_ps, x, x * x);
    return _mm256_blendv_ps(_mm256_or_ps(far, sign), near, _mm256_cmp_ps(size, _mm256_set1_ps(0.625f), _CMP_LT_OQ));
}
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)

LATHE_INLINE __m512 v512_set1(float x) { return _mm512_set1_ps(x); }
LATHE_INLINE __m512 v512_fma(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
LATHE_INLINE __m512 v512_swap_pairs(__m512 x) { return _mm512_permute_ps(x, 0xb1); }
LATHE_INLINE __m512 v512_max(__m512 a, __m512 b) { return _mm512_max_ps(a, b); }
LATHE_INLINE __mmask16 v512_mask(long n) { return n >= 16 ? 0xffff : (__mmask16)((1u << (n > 0 ? n : 0)) - 1); }
LATHE_INLINE __m512 v512_from_bf16(__m256i x) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16));
}
LATHE_INLINE __m256i v512_to_bf16(__m512 x) {
    __m512i bits = _mm512_castps_si512(x), high = _mm512_srli_epi32(bits, 16);
    __m512i odd = _mm512_and_si512(high, _mm512_set1_epi32(1));
    __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd), 16);
    rounded = _mm512_mask_or_epi32(rounded, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), high, _mm512_set1_epi32(0x40));
    return _mm512_cvtepi32_epi16(rounded);
}
LATHE_INLINE __m512 v512_load(const void *p, long i, lathe_type type, long n) {
    if (type == LATHE_F32) {
        const float *from = (const float *)p + i;
        return n >= 16 ? _mm512_loadu_ps(from) : _mm512_maskz_loadu_ps(v512_mask(n), from);
    }
    const uint16_t *from = (const uint16_t *)p + i;
    return v512_from_bf16(n >= 16 ? _mm256_loadu_si256((const __m256i *)from) : _mm256_maskz_loadu_epi16(v512_mask(n), from));
}
LATHE_INLINE void v512_store(void *p, long i, lathe_type type, __m512 x, long n) {
    if (type == LATHE_F32) {
        float *to = (float *)p + i;
        if (n >= 16) _mm512_storeu_ps(to, x);
        else _mm512_mask_storeu_ps(to, v512_mask(n), x);
        return;
    }
    uint16_t *to = (uint16_t *)p + i;
    if (n >= 16) _mm256_storeu_si256((__m256i *)to, v512_to_bf16(x));
    else _mm256_mask_storeu_epi16(to, v512_mask(n), v512_to_bf16(x));
}
LATHE_INLINE float v512_sum(__m512 x) { return _mm512_reduce_add_ps(x); }
LATHE_INLINE __m256 v512_folded(__m512 x) { return _mm512_castps512_ps256(x) + _mm512_extractf32x8_ps(x, 1); }
LATHE_INLINE __m128 v512_sum4(__m512 a, __m512 b, __m512 c, __m512 d) {
    return v256_sum4(v512_folded(a), v512_folded(b), v512_folded(c), v512_folded(d));
}
LATHE_INLINE uint32_t v512_largest_bits(__m512 x, uint32_t least) {
    __m512i bits = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
    __m256i half = _mm256_max_epu32(_mm512_castsi512_si256(bits), _mm512_extracti64x4_epi64(bits, 1));
    return v256_largest_bits(_mm256_castsi256_ps(half), least);
}
LATHE_INLINE void v512_store_bytes(int8_t *to, __m512 x) {
    _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x)));
}
LATHE_INLINE float v512_largest(__m512 x) { return _mm512_reduce_max_ps(x); }
LATHE_INLINE __m512 v512_keep(__m512 x, long n, float other) {
    return _mm512_mask_blend_ps(v512_mask(n), _mm512_set1_ps(other), x);
}
LATHE_INLINE __m512 v512_where_positive(__m512 x, __m512 other) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ), other);
}
LATHE_INLINE __m512 v512_exp(__m512 x) {
    x = _mm512_min_ps(_mm512_set1_ps(89.0f), _mm512_max_ps(_mm512_set1_ps(-104.5f), x));
    __m512 k = _mm512_roundscale_ps(x * _mm512_set1_ps(1.44269504f), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(k, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fnmadd_ps(k, _mm512_set1_ps(-2.12194440e-4f), r);
    return _mm512_scalef_ps(EXP_POLYNOMIAL(_mm512_fmadd_ps, _mm512_set1_ps, r), k);
}
LATHE_INLINE __m512 v512_tanh(__m512 x) {
    __m512 sign = _mm512_and_ps(x, _mm512_set1_ps(-0.0f)), size = _mm512_andnot_ps(_mm512_set1_ps(-0.0f), x);
    __m512 one = _mm512_set1_ps(1), far = one - _mm512_set1_ps(2) / (v512_exp(size + size) + one);
    __m512 near = TANH_POLYNOMIAL(_mm512_fmadd_ps, _mm512_set1_ps, x, x * x);
    return _mm512_mask_blend_ps(
        _mm512_cmp_ps_mask(size, _mm512_set1_ps(0.625f), _CMP_LT_OQ), _mm512_or_ps(far, sign), near);
}
#pragma clang attribute pop

/// As `v512_store`, rounding to bf16 by the CPU's own instruction.
LATHE_INLINE __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma,f16c"))) void v512_store_bf16(
    void *p, long i, lathe_type type, __m512 x, long n) {
    if (type == LATHE_F32) {
        v512_store(p, i, type, x, n);
        return;
    }
    uint16_t *to = (uint16_t *)p + i;
    __m256i halves = (__m256i)_mm512_cvtneps_pbh(x);
    if (n >= 16) _mm256_storeu_si256((__m256i *)to, halves);
    else _mm256_mask_storeu_epi16(to, v512_mask(n), halves);
}
