// What activations share, plain (y = act(x)) and gated (y = act(gate) · up). A file includes it twice, as itself with `NAME` set,
// and as a variant: it gives `times_value` (d · act(x)) and `times_slope` (d · act'(x)) of one number, and both as `VARIANT(…)` of
// many.
//
// Of a gate: dup = dy · act(gate); dgate = dy · up · act'(gate).
#ifndef VARIANT

static void forward_scalar(const void *x, lathe_type type, void *y, lathe_type y_type, long count) {
    for (long i = 0; i < count; i++) store1(y, i, y_type, times_value(1, load1(x, i, type)));
}

static void backward_scalar(
    const void *dy, lathe_type dy_type, const void *x, lathe_type type, void *dx, lathe_type dx_type, long count) {
    for (long i = 0; i < count; i++) store1(dx, i, dx_type, times_slope(load1(dy, i, dy_type), load1(x, i, type)));
}

static void gated_forward_scalar(
    const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    for (long i = 0; i < count; i++) store1(y, i, y_type, times_value(1, load1(gate, i, type)) * load1(up, i, type));
}

static void gated_backward_scalar(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    for (long i = 0; i < count; i++) {
        float g = load1(gate, i, type), u = load1(up, i, type), d = load1(dy, i, dy_type);
        store1(dup, i, d_type, times_value(d, g));
        store1(dgate, i, d_type, times_slope(d * u, g));
    }
}

#include "variants.h"

#define JOIN(a, b) a##b
#define FUNCTION(name, way) JOIN(name, way)

void FUNCTION(NAME, _forward)(const void *x, lathe_type type, void *y, lathe_type y_type, long count) {
    LATHE_DISPATCH(forward, x, type, y, y_type, count);
}

void FUNCTION(NAME, _backward)(
    const void *dy, lathe_type dy_type, const void *x, lathe_type type, void *dx, lathe_type dx_type, long count) {
    LATHE_DISPATCH(backward, dy, dy_type, x, type, dx, dx_type, count);
}

void FUNCTION(NAME, _gated_forward)(
    const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    LATHE_DISPATCH(gated_forward, gate, up, y, type, y_type, count);
}

void FUNCTION(NAME, _gated_backward)(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    LATHE_DISPATCH(gated_backward, dy, dy_type, gate, up, type, dgate, dup, d_type, count);
}

#else

static void VARIANT(forward)(const void *x, lathe_type type, void *y, lathe_type y_type, long count) {
    for (long i = 0; i < count; i += LANES)
        v_store(y, i, y_type, VARIANT(times_value)(v_set1(1), v_load(x, i, type, count - i)), count - i);
}

static void VARIANT(backward)(
    const void *dy, lathe_type dy_type, const void *x, lathe_type type, void *dx, lathe_type dx_type, long count) {
    for (long i = 0; i < count; i += LANES) {
        V d = v_load(dy, i, dy_type, count - i);
        v_store(dx, i, dx_type, VARIANT(times_slope)(d, v_load(x, i, type, count - i)), count - i);
    }
}

static void VARIANT(gated_forward)(
    const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count) {
    for (long i = 0; i < count; i += LANES) {
        V value = VARIANT(times_value)(v_set1(1), v_load(gate, i, type, count - i));
        v_store(y, i, y_type, value * v_load(up, i, type, count - i), count - i);
    }
}

static void VARIANT(gated_backward)(
    const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup,
    lathe_type d_type, long count) {
    for (long i = 0; i < count; i += LANES) {
        V g = v_load(gate, i, type, count - i), u = v_load(up, i, type, count - i), d = v_load(dy, i, dy_type, count - i);
        v_store(dup, i, d_type, VARIANT(times_value)(d, g), count - i);
        v_store(dgate, i, d_type, VARIANT(times_slope)(d * u, g), count - i);
    }
}

#endif
