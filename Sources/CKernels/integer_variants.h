// Compiles `VARIANT_FILE` once for each way to multiply bytes: 8 or 16 rows at a time, with or without VNNI. `i_dot(sums, weights, x)`
// is one step of a dot product of unsigned weights, `i_dot_signed` of signed ones; other names are those of `widths.h`.
#if defined(__x86_64__)
#include "widths.h"

#define HAS_VNNI 0
#define i_dot I_OF(dot_unsigned)
#define i_dot_signed I_OF(dot_signed)

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
#undef WIDTH
#undef VARIANT

#undef HAS_VNNI
#undef i_dot
#define HAS_VNNI 1
#define i_dot I_OF(dot)

#define WIDTH 256
#define VARIANT(name) name##_avx_vnni
#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#undef WIDTH
#undef VARIANT

#define WIDTH 512
#define VARIANT(name) name##_avx512_vnni
#pragma clang attribute push(__attribute__((target("avx512vnni,avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#include VARIANT_FILE
#pragma clang attribute pop
#endif
