// y = gate · σ(gate) · up.
#include "internal.h"

static void forward_scalar(const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    for (long i = 0; i < count; i++) {
        float g = load1(gate, i, type), sigmoid = 1 / (1 + expf(-g));
        store1(y, i, y_type, g * sigmoid * load1(up, i, type));
    }
}

/// dup = dy · g·σ; dgate = dy · up · σ · (1 + g·(1 − σ))
static void backward_scalar(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    for (long i = 0; i < count; i++) {
        float g = load1(gate, i, type), u = load1(up, i, type), d = load1(dy, i, dy_type);
        float sigmoid = 1 / (1 + expf(-g));
        store1(dup, i, d_type, d * g * sigmoid);
        store1(dgate, i, d_type, d * u * sigmoid * (1 + g * (1 - sigmoid)));
    }
}

void lathe_swiglu_forward(const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    forward_scalar(gate, up, y, type, y_type, count);
}

void lathe_swiglu_backward(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    backward_scalar(dy, dy_type, gate, up, type, dgate, dup, d_type, count);
}
