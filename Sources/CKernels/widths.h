// Names without a width, for code that is compiled once a width: with `WIDTH` 256 or 512, `v_load` is `v256_load` or `v512_load`,
// and `i_and` is `i256_and` or `i512_and`.
#pragma once
#include "integers.h"

#define LATHE_JOIN_NOW(a, b, c) a##b##c
#define LATHE_JOIN(a, b, c) LATHE_JOIN_NOW(a, b, c)
#define V_OF(name) LATHE_JOIN(v, WIDTH, _##name)
#define I_OF(name) LATHE_JOIN(i, WIDTH, _##name)

#define V LATHE_JOIN(__m, WIDTH, )
#define I LATHE_JOIN(__m, WIDTH, i)
#define LANES (WIDTH / 32)

#define v_set1 V_OF(set1)
#define v_fma V_OF(fma)
#define v_max V_OF(max)
#define v_swap_pairs V_OF(swap_pairs)
#define v_load V_OF(load)
#define v_store V_OF(store)
#define v_sum V_OF(sum)
#define v_largest_bits V_OF(largest_bits)
#define v_store_bytes V_OF(store_bytes)
#define v_sum4 V_OF(sum4)
#define v_largest V_OF(largest)
#define v_keep V_OF(keep)
#define v_exp V_OF(exp)
#define v_where_positive V_OF(where_positive)
#define v_tanh V_OF(tanh)

#define i_load I_OF(load)
#define i_store I_OF(store)
#define i_set1 I_OF(set1)
#define i_and I_OF(and)
#define i_xor I_OF(xor)
#define i_or I_OF(or)
#define i_right I_OF(right)
#define i_right4 I_OF(right4)
#define i_left4 I_OF(left4)
#define i_signed_byte I_OF(signed_byte)
#define i_floats I_OF(floats)
#define i_combine I_OF(combine)
#define i_low32 I_OF(low32)
#define i_high32 I_OF(high32)
#define i_low64 I_OF(low64)
#define i_high64 I_OF(high64)
#define i_low_halves I_OF(low_halves)
#define i_high_halves I_OF(high_halves)
#define i_rows I_OF(rows)
