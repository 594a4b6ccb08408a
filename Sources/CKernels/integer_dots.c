// Which instructions multiply bytes: those of the instruction set in use, and VNNI where the CPU has it.
#include "integer_dots.h"
#include <pthread.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_avx_vnni = false, has_avx512_vnni = false;
static _Thread_local bool hides_vnni = false;

static void detect(void) {
#if defined(__x86_64__)
    // Like bfloat16, VNNI is beyond every limit that can be named.
    lathe_isa_limit limit = lathe_instruction_limit();
    unsigned most, b, c, d, a;
    if ((limit != LATHE_LIMIT_NONE && limit != LATHE_LIMIT_UNKNOWN) || !__get_cpuid_count(7, 0, &most, &b, &c, &d)) return;
    has_avx512_vnni = c >> 11 & 1;
    if (most >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) has_avx_vnni = a >> 4 & 1;
#endif
}

lathe_dots lathe_current_dots(void) {
    pthread_once(&once, detect);
    switch (lathe_current_isa()) {
    case LATHE_AVX512: return has_avx512_vnni && !hides_vnni ? LATHE_DOTS_AVX512_VNNI : LATHE_DOTS_AVX512;
    case LATHE_AVX2: return has_avx_vnni && !hides_vnni ? LATHE_DOTS_AVX_VNNI : LATHE_DOTS_AVX2;
    default: return LATHE_DOTS_SCALAR;
    }
}

void lathe_hide_vnni(bool hides) { hides_vnni = hides; }
