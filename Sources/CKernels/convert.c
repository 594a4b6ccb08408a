// Between fp32, bf16 and f16.
#ifndef VARIANT
#include "internal.h"

static void convert_scalar(const void *from, lathe_type from_type, void *to, lathe_type to_type, long count) {
    for (long i = 0; i < count; i++) store1(to, i, to_type, load1(from, i, from_type));
}

static void halves_to_floats_scalar(const uint16_t *from, float *to, long count) {
    for (long i = 0; i < count; i++) to[i] = f16_to_float(from[i]);
}

static void floats_to_halves_scalar(const float *from, uint16_t *to, long count) {
    for (long i = 0; i < count; i++) to[i] = float_to_f16(from[i]);
}

#define VARIANT_FILE "convert.c"
#include "variants.h"

void lathe_convert(const void *from, lathe_type from_type, void *to, lathe_type to_type, long count) {
    if (from_type == to_type) {
        memmove(to, from, (size_t)count * type_size(to_type));
        return;
    }
    LATHE_DISPATCH(convert, from, from_type, to, to_type, count);
}

void lathe_f16_to_f32(const uint16_t *from, float *to, long count) {
    LATHE_DISPATCH(halves_to_floats, from, to, count);
}

void lathe_f32_to_f16(const float *from, uint16_t *to, long count) {
    LATHE_DISPATCH(floats_to_halves, from, to, count);
}

#else

static void VARIANT(convert)(const void *from, lathe_type from_type, void *to, lathe_type to_type, long count) {
    for (long i = 0; i < count; i += LANES) v_store(to, i, to_type, v_load(from, i, from_type, count - i), count - i);
}

static void VARIANT(halves_to_floats)(const uint16_t *from, float *to, long count) {
    long i = 0;
    for (; i + 8 <= count; i += 8) _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + i))));
    for (; i < count; i++) to[i] = _cvtsh_ss(from[i]);
}

static void VARIANT(floats_to_halves)(const float *from, uint16_t *to, long count) {
    long i = 0;
    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128((__m128i *)(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < count; i++) to[i] = _cvtss_sh(from[i], _MM_FROUND_TO_NEAREST_INT);
}

#endif
