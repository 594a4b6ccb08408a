// y = x · r · w with r = 1 / √(mean(x²) + ε), a row at a time.
#ifndef VARIANT
#include "internal.h"

static void forward_scalar(
    const void *x, lathe_type x_type, const float *weight, float epsilon, void *y, lathe_type y_type, float *inverse_rms,
    long rows, long columns) {
    for (long row = 0; row < rows; row++) {
        const void *xr = at(x, row * columns, x_type);
        void *yr = at_mutable(y, row * columns, y_type);
        float sum = 0;
        for (long i = 0; i < columns; i++) sum += load1(xr, i, x_type) * load1(xr, i, x_type);
        float r = 1 / sqrtf(sum / (float)columns + epsilon);
        inverse_rms[row] = r;
        for (long i = 0; i < columns; i++) store1(yr, i, y_type, load1(xr, i, x_type) * r * weight[i]);
    }
}

static void apply_scalar(
    const void *x, lathe_type x_type, const float *weight, const float *inverse_rms, void *y, lathe_type y_type, long rows,
    long columns) {
    for (long row = 0; row < rows; row++)
        for (long i = 0; i < columns; i++)
            store1(y, row * columns + i, y_type, load1(x, row * columns + i, x_type) * inverse_rms[row] * weight[i]);
}

/// dx = r · (w·dy − x · r² · mean(w·dy·x))
static void backward_scalar(
    const void *dy, lathe_type dy_type, const void *x, lathe_type x_type, const float *weight, const float *inverse_rms,
    void *dx, lathe_type dx_type, bool accumulate, long rows, long columns) {
    for (long row = 0; row < rows; row++) {
        const void *dyr = at(dy, row * columns, dy_type), *xr = at(x, row * columns, x_type);
        void *dxr = at_mutable(dx, row * columns, dx_type);
        float r = inverse_rms[row], sum = 0;
        for (long i = 0; i < columns; i++) sum += load1(dyr, i, dy_type) * weight[i] * load1(xr, i, x_type);
        float share = r * r * r * sum / (float)columns;
        for (long i = 0; i < columns; i++) {
            float value = load1(dyr, i, dy_type) * weight[i] * r - load1(xr, i, x_type) * share;
            store1(dxr, i, dx_type, accumulate ? load1(dxr, i, dx_type) + value : value);
        }
    }
}

#define VARIANT_FILE "rmsnorm.c"
#include "variants.h"

void lathe_rmsnorm_forward(
    const void *x, lathe_type x_type, const float *weight, float epsilon, void *y, lathe_type y_type, float *inverse_rms,
    long rows, long columns) {
    LATHE_DISPATCH(forward, x, x_type, weight, epsilon, y, y_type, inverse_rms, rows, columns);
}

void lathe_rmsnorm_apply(
    const void *x, lathe_type x_type, const float *weight, const float *inverse_rms, void *y, lathe_type y_type, long rows,
    long columns) {
    LATHE_DISPATCH(apply, x, x_type, weight, inverse_rms, y, y_type, rows, columns);
}

void lathe_rmsnorm_backward(
    const void *dy, lathe_type dy_type, const void *x, lathe_type x_type, const float *weight, const float *inverse_rms,
    void *dx, lathe_type dx_type, bool accumulate, long rows, long columns) {
    LATHE_DISPATCH(backward, dy, dy_type, x, x_type, weight, inverse_rms, dx, dx_type, accumulate, rows, columns);
}

#else

LATHE_INLINE void VARIANT(scale_row)(
    const void *x, lathe_type x_type, const float *weight, float r, void *y, lathe_type y_type, long columns) {
    for (long i = 0; i < columns; i += LANES) {
        V value = v_load(x, i, x_type, columns - i) * v_set1(r) * v_load(weight, i, LATHE_F32, columns - i);
        v_store(y, i, y_type, value, columns - i);
    }
}

static void VARIANT(apply)(
    const void *x, lathe_type x_type, const float *weight, const float *inverse_rms, void *y, lathe_type y_type, long rows,
    long columns) {
    for (long row = 0; row < rows; row++)
        VARIANT(scale_row)(
            at(x, row * columns, x_type), x_type, weight, inverse_rms[row], at_mutable(y, row * columns, y_type), y_type,
            columns);
}

static void VARIANT(forward)(
    const void *x, lathe_type x_type, const float *weight, float epsilon, void *y, lathe_type y_type, float *inverse_rms,
    long rows, long columns) {
    for (long row = 0; row < rows; row++) {
        const void *xr = at(x, row * columns, x_type);
        void *yr = at_mutable(y, row * columns, y_type);
        V sum = v_set1(0);
        for (long i = 0; i < columns; i += LANES) {
            V value = v_load(xr, i, x_type, columns - i);
            sum = v_fma(value, value, sum);
        }
        float r = 1 / sqrtf(v_sum(sum) / (float)columns + epsilon);
        inverse_rms[row] = r;
        VARIANT(scale_row)(xr, x_type, weight, r, yr, y_type, columns);
    }
}

static void VARIANT(backward)(
    const void *dy, lathe_type dy_type, const void *x, lathe_type x_type, const float *weight, const float *inverse_rms,
    void *dx, lathe_type dx_type, bool accumulate, long rows, long columns) {
    for (long row = 0; row < rows; row++) {
        const void *dyr = at(dy, row * columns, dy_type), *xr = at(x, row * columns, x_type);
        void *dxr = at_mutable(dx, row * columns, dx_type);
        V sum = v_set1(0);
        for (long i = 0; i < columns; i += LANES) {
            V d = v_load(dyr, i, dy_type, columns - i) * v_load(weight, i, LATHE_F32, columns - i);
            sum = v_fma(d, v_load(xr, i, x_type, columns - i), sum);
        }
        float r = inverse_rms[row], share = r * r * r * v_sum(sum) / (float)columns;
        for (long i = 0; i < columns; i += LANES) {
            V d = v_load(dyr, i, dy_type, columns - i) * v_load(weight, i, LATHE_F32, columns - i);
            V value = d * v_set1(r) - v_load(xr, i, x_type, columns - i) * v_set1(share);
            if (accumulate) value += v_load(dxr, i, dx_type, columns - i);
            v_store(dxr, i, dx_type, value, columns - i);
        }
    }
}

#endif
