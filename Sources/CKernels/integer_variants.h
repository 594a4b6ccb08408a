// Compiles `VARIANT_FILE` once for each way to multiply bytes: 8 or 16 rows at a time, with or without VNNI.
// `DOT(sums, weights, x)` is one step of a dot product, `I` and `i_` are the vectors of `integers.h`.
#if defined(__x86_64__)
#include "integers.h"

#define VARIANT(name) name##_avx2
#define LANES 8
#define I __m256i
#define V __m256
#define HAS_VNNI 0
#define i_load i256_load
#define i_store i256_store
#define i_set1 i256_set1
#define i_and i256_and
#define i_xor i256_xor
#define i_right4 i256_right4
#define i_or i256_or
#define i_right i256_right
#define i_left4 i256_left4
#define i_signed_byte i256_signed_byte
#define i_floats i256_floats
#define i_combine i256_combine
#define i_low32 i256_low32
#define i_high32 i256_high32
#define i_low64 i256_low64
#define i_high64 i256_high64
#define i_low_halves i256_low_halves
#define i_high_halves i256_high_halves
#define i_rows i256_rows
#define v_set1 v256_set1
#define v_load v256_load
#define v_store v256_store
#define i_dot i256_dot_unsigned
#define i_dot_signed i256_dot_signed
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#undef VARIANT
#undef LANES
#undef I
#undef V
#undef HAS_VNNI
#undef i_load
#undef i_store
#undef i_set1
#undef i_and
#undef i_xor
#undef i_right4
#undef i_or
#undef i_right
#undef i_left4
#undef i_signed_byte
#undef i_floats
#undef i_combine
#undef i_low32
#undef i_high32
#undef i_low64
#undef i_high64
#undef i_low_halves
#undef i_high_halves
#undef i_rows
#undef v_set1
#undef v_load
#undef v_store
#undef i_dot
#undef i_dot_signed

#define VARIANT(name) name##_avx_vnni
#define LANES 8
#define I __m256i
#define V __m256
#define HAS_VNNI 1
#define i_load i256_load
#define i_store i256_store
#define i_set1 i256_set1
#define i_and i256_and
#define i_xor i256_xor
#define i_right4 i256_right4
#define i_or i256_or
#define i_right i256_right
#define i_left4 i256_left4
#define i_signed_byte i256_signed_byte
#define i_floats i256_floats
#define i_combine i256_combine
#define i_low32 i256_low32
#define i_high32 i256_high32
#define i_low64 i256_low64
#define i_high64 i256_high64
#define i_low_halves i256_low_halves
#define i_high_halves i256_high_halves
#define i_rows i256_rows
#define v_set1 v256_set1
#define v_load v256_load
#define v_store v256_store
#define i_dot i256_dot
#define i_dot_signed i256_dot_signed
#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#undef VARIANT
#undef LANES
#undef I
#undef V
#undef HAS_VNNI
#undef i_load
#undef i_store
#undef i_set1
#undef i_and
#undef i_xor
#undef i_right4
#undef i_or
#undef i_right
#undef i_left4
#undef i_signed_byte
#undef i_floats
#undef i_combine
#undef i_low32
#undef i_high32
#undef i_low64
#undef i_high64
#undef i_low_halves
#undef i_high_halves
#undef i_rows
#undef v_set1
#undef v_load
#undef v_store
#undef i_dot
#undef i_dot_signed

#define VARIANT(name) name##_avx512
#define LANES 16
#define I __m512i
#define V __m512
#define HAS_VNNI 0
#define i_load i512_load
#define i_store i512_store
#define i_set1 i512_set1
#define i_and i512_and
#define i_xor i512_xor
#define i_right4 i512_right4
#define i_or i512_or
#define i_right i512_right
#define i_left4 i512_left4
#define i_signed_byte i512_signed_byte
#define i_floats i512_floats
#define i_combine i512_combine
#define i_low32 i512_low32
#define i_high32 i512_high32
#define i_low64 i512_low64
#define i_high64 i512_high64
#define i_low_halves i512_low_halves
#define i_high_halves i512_high_halves
#define i_rows i512_rows
#define v_set1 v512_set1
#define v_load v512_load
#define v_store v512_store
#define i_dot i512_dot_unsigned
#define i_dot_signed i512_dot_signed
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#undef VARIANT
#undef LANES
#undef I
#undef V
#undef HAS_VNNI
#undef i_load
#undef i_store
#undef i_set1
#undef i_and
#undef i_xor
#undef i_right4
#undef i_or
#undef i_right
#undef i_left4
#undef i_signed_byte
#undef i_floats
#undef i_combine
#undef i_low32
#undef i_high32
#undef i_low64
#undef i_high64
#undef i_low_halves
#undef i_high_halves
#undef i_rows
#undef v_set1
#undef v_load
#undef v_store
#undef i_dot
#undef i_dot_signed

#define VARIANT(name) name##_avx512_vnni
#define LANES 16
#define I __m512i
#define V __m512
#define HAS_VNNI 1
#define i_load i512_load
#define i_store i512_store
#define i_set1 i512_set1
#define i_and i512_and
#define i_xor i512_xor
#define i_right4 i512_right4
#define i_or i512_or
#define i_right i512_right
#define i_left4 i512_left4
#define i_signed_byte i512_signed_byte
#define i_floats i512_floats
#define i_combine i512_combine
#define i_low32 i512_low32
#define i_high32 i512_high32
#define i_low64 i512_low64
#define i_high64 i512_high64
#define i_low_halves i512_low_halves
#define i_high_halves i512_high_halves
#define i_rows i512_rows
#define v_set1 v512_set1
#define v_load v512_load
#define v_store v512_store
#define i_dot i512_dot
#define i_dot_signed i512_dot_signed
#pragma clang attribute push(__attribute__((target("avx512vnni,avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#undef VARIANT
#undef LANES
#undef I
#undef V
#undef HAS_VNNI
#undef i_load
#undef i_store
#undef i_set1
#undef i_and
#undef i_xor
#undef i_right4
#undef i_or
#undef i_right
#undef i_left4
#undef i_signed_byte
#undef i_floats
#undef i_combine
#undef i_low32
#undef i_high32
#undef i_low64
#undef i_high64
#undef i_low_halves
#undef i_high_halves
#undef i_rows
#undef v_set1
#undef v_load
#undef v_store
#undef i_dot
#undef i_dot_signed
#endif
