// Which instruction set the loops use: what the CPU has, the operating system saves and LATHE_ISA allows.
#include "CKernels.h"
#include <cpuid.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static lathe_isa best = LATHE_SCALAR;
static bool bfloat16 = false;
static _Thread_local int override_isa = -1;

static uint64_t enabled_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static void detect(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    bool saves = c >> 27 & 1, avx = c >> 28 & 1, fma = c >> 12 & 1, f16c = c >> 29 & 1;
    if (!saves || !avx || !fma || !f16c) return;
    uint64_t state = enabled_state();
    if ((state & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    if (!(b >> 5 & 1)) return;
    best = LATHE_AVX2;
    bool f = b >> 16 & 1, dq = b >> 17 & 1, bw = b >> 30 & 1, vl = b >> 31 & 1, amx_bf16 = d >> 22 & 1;
    if ((state & 0xe6) == 0xe6 && f && dq && bw && vl) {
        best = LATHE_AVX512;
        unsigned most = a;
        if (most >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) bfloat16 = a >> 5 & 1;
        bfloat16 = bfloat16 || amx_bf16;
    }
    const char *limit = getenv("LATHE_ISA");
    if (!limit) return;
    if (!strcmp(limit, "scalar")) best = LATHE_SCALAR;
    else if (!strcmp(limit, "avx2") && best > LATHE_AVX2) best = LATHE_AVX2;
    if (best < LATHE_AVX512) bfloat16 = false;
}

lathe_isa lathe_processor_isa(void) {
    pthread_once(&once, detect);
    return best;
}

bool lathe_has_bfloat16(void) {
    pthread_once(&once, detect);
    return bfloat16;
}

lathe_isa lathe_current_isa(void) {
    lathe_isa processor = lathe_processor_isa();
    return override_isa >= 0 && override_isa < (int)processor ? (lathe_isa)override_isa : processor;
}

void lathe_override_isa(int isa) { override_isa = isa; }
