// Between fp32, bf16 and f16.
#include "internal.h"

static void convert_scalar(const void *from, lathe_type from_type, void *to, lathe_type to_type, long count) {
    for (long i = 0; i < count; i++) store1(to, i, to_type, load1(from, i, from_type));
}

void lathe_convert(const void *from, lathe_type from_type, void *to, lathe_type to_type, long count) {
    if (from_type == to_type) {
        memmove(to, from, (size_t)count * type_size(to_type));
        return;
    }
    convert_scalar(from, from_type, to, to_type, count);
}

void lathe_f16_to_f32(const uint16_t *from, float *to, long count) {
    for (long i = 0; i < count; i++) to[i] = f16_to_float(from[i]);
}

void lathe_f32_to_f16(const float *from, uint16_t *to, long count) {
    for (long i = 0; i < count; i++) to[i] = float_to_f16(from[i]);
}
