// What gated activations share: y = g · σ(a(g)) · up, where a file says a(g) and its slope. A file includes it twice, as itself
// with `NAME` set, and as a variant: it gives `argument` and `slope` of one number, and `VARIANT(argument)` and `VARIANT(slope)` of
// many.
//
// dup = dy · g·σ; dgate = dy · up · σ · (1 + g·(1 − σ)·a')
#ifndef VARIANT

static void forward_scalar(const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    for (long i = 0; i < count; i++) {
        float g = load1(gate, i, type), sigmoid = 1 / (1 + expf(-argument(g)));
        store1(y, i, y_type, g * sigmoid * load1(up, i, type));
    }
}

static void backward_scalar(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    for (long i = 0; i < count; i++) {
        float g = load1(gate, i, type), u = load1(up, i, type), d = load1(dy, i, dy_type);
        float sigmoid = 1 / (1 + expf(-argument(g)));
        store1(dup, i, d_type, d * g * sigmoid);
        store1(dgate, i, d_type, d * u * sigmoid * (1 + g * (1 - sigmoid) * slope(g)));
    }
}

#include "variants.h"

#define JOIN(a, b) a##b
#define FUNCTION(name, way) JOIN(name, way)

void FUNCTION(NAME, _forward)(const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    LATHE_DISPATCH(forward, gate, up, y, type, y_type, count);
}

void FUNCTION(NAME, _backward)(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    LATHE_DISPATCH(backward, dy, dy_type, gate, up, type, dgate, dup, d_type, count);
}

#else

LATHE_INLINE V VARIANT(sigmoid)(V g) { return v_set1(1) / (v_set1(1) + v_exp(v_set1(0) - VARIANT(argument)(g))); }

static void VARIANT(forward)(const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    for (long i = 0; i < count; i += LANES) {
        V g = v_load(gate, i, type, count - i);
        v_store(y, i, y_type, g * VARIANT(sigmoid)(g) * v_load(up, i, type, count - i), count - i);
    }
}

static void VARIANT(backward)(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    V one = v_set1(1);
    for (long i = 0; i < count; i += LANES) {
        V g = v_load(gate, i, type, count - i), u = v_load(up, i, type, count - i), d = v_load(dy, i, dy_type, count - i);
        V sigmoid = VARIANT(sigmoid)(g);
        v_store(dup, i, d_type, d * g * sigmoid, count - i);
        v_store(dgate, i, d_type, d * u * sigmoid * (one + g * (one - sigmoid) * VARIANT(slope)(g)), count - i);
    }
}

#endif
