// y = gelu(gate) · up, with the tanh form of GELU: g·(1 + tanh u)/2 = g·σ(2u), u = √(2/π)·(g + 0.044715·g³).
#ifndef VARIANT
#include "internal.h"

#define TWO_ROOT 1.5957691216057308f
#define CUBIC 0.044715f

static void forward_scalar(const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    for (long i = 0; i < count; i++) {
        float g = load1(gate, i, type), sigmoid = 1 / (1 + expf(-TWO_ROOT * (g + CUBIC * g * g * g)));
        store1(y, i, y_type, g * sigmoid * load1(up, i, type));
    }
}

/// dup = dy · g·σ; dgate = dy · up · σ · (1 + g·(1 − σ)·2u'), 2u' = 2√(2/π)·(1 + 3·0.044715·g²)
static void backward_scalar(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    for (long i = 0; i < count; i++) {
        float g = load1(gate, i, type), u = load1(up, i, type), d = load1(dy, i, dy_type);
        float sigmoid = 1 / (1 + expf(-TWO_ROOT * (g + CUBIC * g * g * g)));
        float slope = TWO_ROOT * (1 + 3 * CUBIC * g * g);
        store1(dup, i, d_type, d * g * sigmoid);
        store1(dgate, i, d_type, d * u * sigmoid * (1 + g * (1 - sigmoid) * slope));
    }
}

#define VARIANT_FILE "geglu.c"
#include "variants.h"

void lathe_geglu_forward(const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    LATHE_DISPATCH(forward, gate, up, y, type, y_type, count);
}

void lathe_geglu_backward(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    LATHE_DISPATCH(backward, dy, dy_type, gate, up, type, dgate, dup, d_type, count);
}

#else

static void VARIANT(forward)(const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    V one = v_set1(1), root = v_set1(-TWO_ROOT), cubic = v_set1(CUBIC);
    for (long i = 0; i < count; i += LANES) {
        V g = v_load(gate, i, type, count - i), sigmoid = one / (one + v_exp(root * (g + cubic * g * g * g)));
        v_store(y, i, y_type, g * sigmoid * v_load(up, i, type, count - i), count - i);
    }
}

static void VARIANT(backward)(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    V one = v_set1(1), root = v_set1(TWO_ROOT), cubic = v_set1(CUBIC), three = v_set1(3 * CUBIC);
    for (long i = 0; i < count; i += LANES) {
        V g = v_load(gate, i, type, count - i), u = v_load(up, i, type, count - i), d = v_load(dy, i, dy_type, count - i);
        V sigmoid = one / (one + v_exp(v_set1(0) - root * (g + cubic * g * g * g)));
        V slope = root * (one + three * g * g);
        v_store(dup, i, d_type, d * g * sigmoid, count - i);
        v_store(dgate, i, d_type, d * u * sigmoid * (one + g * (one - sigmoid) * slope), count - i);
    }
}

#endif
