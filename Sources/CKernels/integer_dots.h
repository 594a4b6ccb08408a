// Which instructions multiply bytes.
#pragma once
#include "internal.h"

/// The formats with integers; `each` gets the name of one.
#define LATHE_INTEGER_FORMATS(each)                                                                                       \
    each(LATHE_Q4_0) each(LATHE_Q4_1) each(LATHE_Q5_0) each(LATHE_Q5_1) each(LATHE_Q8_0) each(LATHE_Q2_K) each(LATHE_Q3_K) \
    each(LATHE_Q4_K) each(LATHE_Q5_K) each(LATHE_Q6_K) each(LATHE_IQ4_NL) each(LATHE_IQ4_XS)
