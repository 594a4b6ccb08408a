// Which instruction set the loops and the libraries use: what the CPU has, the operating system saves and LATHE_ISA allows.
#include "CKernels.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static lathe_isa widest = LATHE_SCALAR, best = LATHE_SCALAR;
static bool widest_bfloat16 = false, bfloat16 = false;
static _Thread_local int override_isa = -1;

lathe_isa_limit lathe_instruction_limit(void) {
    const char *text = getenv("LATHE_ISA");
    if (!text || !*text) return LATHE_LIMIT_NONE;
    if (!strcmp(text, "scalar")) return LATHE_LIMIT_SCALAR;
    if (!strcmp(text, "avx2")) return LATHE_LIMIT_AVX2;
    if (!strcmp(text, "avx512")) return LATHE_LIMIT_AVX512;
    return LATHE_LIMIT_UNKNOWN;
}

#if defined(__x86_64__)
static uint64_t enabled_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static void examine(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    bool saves = c >> 27 & 1, avx = c >> 28 & 1, fma = c >> 12 & 1, f16c = c >> 29 & 1;
    if (!saves || !avx || !fma || !f16c) return;
    uint64_t state = enabled_state();
    if ((state & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    if (!(b >> 5 & 1)) return;
    widest = LATHE_AVX2;
    bool f = b >> 16 & 1, dq = b >> 17 & 1, bw = b >> 30 & 1, vl = b >> 31 & 1;
    if ((state & 0xe6) == 0xe6 && f && dq && bw && vl) {
        widest = LATHE_AVX512;
        unsigned most = a;
        if (most >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) widest_bfloat16 = a >> 5 & 1;
    }
}
#else
static void examine(void) {}
#endif

static void detect(void) {
    examine();
    best = widest;
    lathe_isa_limit limit = lathe_instruction_limit();
    switch (limit) {
    case LATHE_LIMIT_SCALAR: best = LATHE_SCALAR; break;
    case LATHE_LIMIT_AVX2: best = best < LATHE_AVX2 ? best : LATHE_AVX2; break;
    default: break;
    }
    bool is_limited = limit != LATHE_LIMIT_NONE && limit != LATHE_LIMIT_UNKNOWN;
    bfloat16 = widest_bfloat16 && !is_limited;
}

lathe_isa lathe_processor_isa(void) {
    pthread_once(&once, detect);
    return best;
}

lathe_isa lathe_widest_isa(void) {
    pthread_once(&once, detect);
    return widest;
}

bool lathe_has_bfloat16(void) {
    pthread_once(&once, detect);
    return bfloat16;
}

bool lathe_has_pair_product(void) { return lathe_current_isa() == LATHE_AVX512 && bfloat16; }

bool lathe_widest_has_bfloat16(void) {
    pthread_once(&once, detect);
    return widest_bfloat16;
}

lathe_isa lathe_current_isa(void) {
    lathe_isa processor = lathe_processor_isa();
    return override_isa >= 0 && override_isa < (int)processor ? (lathe_isa)override_isa : processor;
}

void lathe_override_isa(int isa) { override_isa = isa; }
