// Compiles `VARIANT_FILE` twice more, for AVX2 and for AVX-512, with the names of `widths.h` and `VARIANT(name)` giving each function
// its own name. A file includes itself so: scalar twin and variants stay together.
//
// Where `VARIANT_PAIRS` is set, AVX-512 comes once more for CPUs that multiply pairs of bf16 and round to bf16 themselves.
#if defined(__x86_64__)
#include "widths.h"

#define WIDTH 256
#define VARIANT(name) name##_avx2
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#undef WIDTH
#undef VARIANT

#define WIDTH 512
#define VARIANT(name) name##_avx512
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop

#ifdef VARIANT_PAIRS
#undef VARIANT
#define VARIANT(name) name##_avx512_bf16
#define HAS_PAIR_PRODUCT
#undef v_store
#define v_store v512_store_bf16
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#endif
#endif
