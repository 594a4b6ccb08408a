// What the loops share: scalar conversions and the choice of a variant.
#pragma once
#include "CKernels.h"
#include <math.h>
#include <string.h>

static inline float bits_to_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline uint32_t float_to_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

static inline float bf16_to_float(uint16_t half) { return bits_to_float((uint32_t)half << 16); }

static inline uint16_t float_to_bf16(float value) {
    uint32_t bits = float_to_bits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);  // a NaN, kept and quiet
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float f16_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 31) return bits_to_float(sign | 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0));
    if (exponent == 0) {
        float value = (float)fraction * 0x1p-24f;
        return bits_to_float(sign | float_to_bits(value));
    }
    return bits_to_float(sign | (exponent + 112) << 23 | fraction << 13);
}

static inline uint16_t float_to_f16(float value) {
    uint32_t bits = float_to_bits(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
    if (magnitude < 0x38800000) {
        // Subnormal in f16: adding 0.5 lines the bits up and rounds them to even.
        return (uint16_t)(sign | (float_to_bits(bits_to_float(magnitude) + 0.5f) - 0x3f000000));
    }
    return (uint16_t)(sign | ((magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000) >> 13));
}

static inline float load1(const void *p, long i, lathe_type type) {
    return type == LATHE_F32 ? ((const float *)p)[i] : bf16_to_float(((const uint16_t *)p)[i]);
}

static inline void store1(void *p, long i, lathe_type type, float value) {
    if (type == LATHE_F32) ((float *)p)[i] = value;
    else ((uint16_t *)p)[i] = float_to_bf16(value);
}

static inline size_t type_size(lathe_type type) { return type == LATHE_F32 ? 4 : 2; }

static inline const void *at(const void *p, long i, lathe_type type) { return (const char *)p + i * (long)type_size(type); }
static inline void *at_mutable(void *p, long i, lathe_type type) { return (char *)p + i * (long)type_size(type); }

static inline long at_most(long n, long most) { return n < most ? n : most; }

/// The width of a panel that holds `columns` columns, at most LATHE_PANEL.
static inline long panel_width(long columns) { return columns >= LATHE_PANEL ? LATHE_PANEL : (columns + 15) / 16 * 16; }

/// Calls `name##_scalar`, `name##_avx2` or `name##_avx512`; elsewhere than on x86 there is only the first.
#if !defined(__x86_64__)
#define LATHE_DISPATCH(name, ...) return name##_scalar(__VA_ARGS__)
#else
#define LATHE_DISPATCH(name, ...)                              \
    switch (lathe_current_isa()) {                             \
    case LATHE_AVX512: return name##_avx512(__VA_ARGS__);      \
    case LATHE_AVX2: return name##_avx2(__VA_ARGS__);          \
    default: return name##_scalar(__VA_ARGS__);                \
    }
#endif

/// The same, or `name##_avx512_bf16` where `pairs` holds and the CPU multiplies pairs of bf16.
#if !defined(__x86_64__)
#define LATHE_DISPATCH_PAIRS(pairs, name, ...) LATHE_DISPATCH(name, __VA_ARGS__)
#else
#define LATHE_DISPATCH_PAIRS(pairs, name, ...)                                            \
    if ((pairs) && lathe_has_pair_product()) return name##_avx512_bf16(__VA_ARGS__); \
    LATHE_DISPATCH(name, __VA_ARGS__)
#endif
