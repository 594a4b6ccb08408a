// Compiles `VARIANT_FILE` twice more, for AVX2 and for AVX-512, with `LANES`, `V` and the `v_` helpers of `simd.h` set and
// `VARIANT(name)` giving each function its own name. A file includes itself so: scalar twin and variants stay together.
#if defined(__x86_64__)
#include "simd.h"

#define VARIANT(name) name##_avx2
#define V __m256
#define LANES 8
#define v_set1 v256_set1
#define v_fma v256_fma
#define v_max v256_max
#define v_load v256_load
#define v_store v256_store
#define v_sum v256_sum
#define v_largest_bits v256_largest_bits
#define v_store_bytes v256_store_bytes
#define v_sum4 v256_sum4
#define v_largest v256_largest
#define v_keep v256_keep
#define v_exp v256_exp
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#undef VARIANT
#undef V
#undef LANES
#undef v_set1
#undef v_fma
#undef v_max
#undef v_load
#undef v_store
#undef v_sum
#undef v_largest_bits
#undef v_store_bytes
#undef v_sum4
#undef v_largest
#undef v_keep
#undef v_exp

#define VARIANT(name) name##_avx512
#define V __m512
#define LANES 16
#define v_set1 v512_set1
#define v_fma v512_fma
#define v_max v512_max
#define v_load v512_load
#define v_store v512_store
#define v_sum v512_sum
#define v_largest_bits v512_largest_bits
#define v_store_bytes v512_store_bytes
#define v_sum4 v512_sum4
#define v_largest v512_largest
#define v_keep v512_keep
#define v_exp v512_exp
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#endif
