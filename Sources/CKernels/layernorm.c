// y = (x − m) · r · w + b with m = mean(x), r = 1 / √(mean((x − m)²) + ε), a row at a time. `statistics` holds m and r of each row.
#ifndef VARIANT
#include "internal.h"

static void forward_scalar(
    const void *x, lathe_type x_type, const float *weight, const float *bias, float epsilon, void *y, lathe_type y_type,
    float *statistics, long rows, long columns) {
    for (long row = 0; row < rows; row++) {
        const void *xr = at(x, row * columns, x_type);
        void *yr = at_mutable(y, row * columns, y_type);
        float sum = 0, squares = 0;
        for (long i = 0; i < columns; i++) sum += load1(xr, i, x_type);
        float mean = sum / (float)columns;
        for (long i = 0; i < columns; i++) squares += (load1(xr, i, x_type) - mean) * (load1(xr, i, x_type) - mean);
        float r = 1 / sqrtf(squares / (float)columns + epsilon);
        statistics[2 * row] = mean;
        statistics[2 * row + 1] = r;
        for (long i = 0; i < columns; i++)
            store1(yr, i, y_type, (load1(xr, i, x_type) - mean) * r * weight[i] + (bias ? bias[i] : 0));
    }
}

static void apply_scalar(
    const void *x, lathe_type x_type, const float *weight, const float *bias, const float *statistics, void *y,
    lathe_type y_type, long rows, long columns) {
    for (long row = 0; row < rows; row++) {
        float mean = statistics[2 * row], r = statistics[2 * row + 1];
        for (long i = 0; i < columns; i++) {
            float value = (load1(x, row * columns + i, x_type) - mean) * r * weight[i] + (bias ? bias[i] : 0);
            store1(y, row * columns + i, y_type, value);
        }
    }
}

/// dx = r · (w·dy − mean(w·dy) − n · mean(w·dy·n)), n = (x − m) · r
static void backward_scalar(
    const void *dy, lathe_type dy_type, const void *x, lathe_type x_type, const float *weight, const float *statistics,
    void *dx, lathe_type dx_type, bool accumulate, long rows, long columns) {
    for (long row = 0; row < rows; row++) {
        const void *dyr = at(dy, row * columns, dy_type), *xr = at(x, row * columns, x_type);
        void *dxr = at_mutable(dx, row * columns, dx_type);
        float mean = statistics[2 * row], r = statistics[2 * row + 1], sum = 0, product = 0;
        for (long i = 0; i < columns; i++) {
            float d = load1(dyr, i, dy_type) * weight[i];
            sum += d;
            product += d * (load1(xr, i, x_type) - mean);
        }
        float level = r * sum / (float)columns, share = r * r * r * product / (float)columns;
        for (long i = 0; i < columns; i++) {
            float d = load1(dyr, i, dy_type) * weight[i];
            float value = d * r - level - (load1(xr, i, x_type) - mean) * share;
            store1(dxr, i, dx_type, accumulate ? load1(dxr, i, dx_type) + value : value);
        }
    }
}

#define VARIANT_FILE "layernorm.c"
#include "variants.h"

void lathe_layernorm_forward(
    const void *x, lathe_type x_type, const float *weight, const float *bias, float epsilon, void *y, lathe_type y_type,
    float *statistics, long rows, long columns) {
    LATHE_DISPATCH(forward, x, x_type, weight, bias, epsilon, y, y_type, statistics, rows, columns);
}

void lathe_layernorm_apply(
    const void *x, lathe_type x_type, const float *weight, const float *bias, const float *statistics, void *y,
    lathe_type y_type, long rows, long columns) {
    LATHE_DISPATCH(apply, x, x_type, weight, bias, statistics, y, y_type, rows, columns);
}

void lathe_layernorm_backward(
    const void *dy, lathe_type dy_type, const void *x, lathe_type x_type, const float *weight, const float *statistics,
    void *dx, lathe_type dx_type, bool accumulate, long rows, long columns) {
    LATHE_DISPATCH(backward, dy, dy_type, x, x_type, weight, statistics, dx, dx_type, accumulate, rows, columns);
}

#else

LATHE_INLINE void VARIANT(shift_row)(
    const void *x, lathe_type x_type, const float *weight, const float *bias, float mean, float r, void *y,
    lathe_type y_type, long columns) {
    for (long i = 0; i < columns; i += LANES) {
        V value = (v_load(x, i, x_type, columns - i) - v_set1(mean)) * v_set1(r);
        V shift = bias ? v_load(bias, i, LATHE_F32, columns - i) : v_set1(0);
        v_store(y, i, y_type, v_fma(value, v_load(weight, i, LATHE_F32, columns - i), shift), columns - i);
    }
}

static void VARIANT(apply)(
    const void *x, lathe_type x_type, const float *weight, const float *bias, const float *statistics, void *y,
    lathe_type y_type, long rows, long columns) {
    for (long row = 0; row < rows; row++)
        VARIANT(shift_row)(
            at(x, row * columns, x_type), x_type, weight, bias, statistics[2 * row], statistics[2 * row + 1],
            at_mutable(y, row * columns, y_type), y_type, columns);
}

static void VARIANT(forward)(
    const void *x, lathe_type x_type, const float *weight, const float *bias, float epsilon, void *y, lathe_type y_type,
    float *statistics, long rows, long columns) {
    for (long row = 0; row < rows; row++) {
        const void *xr = at(x, row * columns, x_type);
        V sum = v_set1(0), squares = v_set1(0);
        for (long i = 0; i < columns; i += LANES) sum += v_load(xr, i, x_type, columns - i);
        float mean = v_sum(sum) / (float)columns;
        // Lanes past the row would be as far from the mean as zero is.
        for (long i = 0; i < columns; i += LANES) {
            V value = v_keep(v_load(xr, i, x_type, columns - i) - v_set1(mean), columns - i, 0);
            squares = v_fma(value, value, squares);
        }
        float r = 1 / sqrtf(v_sum(squares) / (float)columns + epsilon);
        statistics[2 * row] = mean;
        statistics[2 * row + 1] = r;
        VARIANT(shift_row)(xr, x_type, weight, bias, mean, r, at_mutable(y, row * columns, y_type), y_type, columns);
    }
}

static void VARIANT(backward)(
    const void *dy, lathe_type dy_type, const void *x, lathe_type x_type, const float *weight, const float *statistics,
    void *dx, lathe_type dx_type, bool accumulate, long rows, long columns) {
    for (long row = 0; row < rows; row++) {
        const void *dyr = at(dy, row * columns, dy_type), *xr = at(x, row * columns, x_type);
        void *dxr = at_mutable(dx, row * columns, dx_type);
        float mean = statistics[2 * row], r = statistics[2 * row + 1];
        V sum = v_set1(0), product = v_set1(0);
        // Lanes past the row have no gradient.
        for (long i = 0; i < columns; i += LANES) {
            V d = v_load(dyr, i, dy_type, columns - i) * v_load(weight, i, LATHE_F32, columns - i);
            sum += d;
            product = v_fma(d, v_load(xr, i, x_type, columns - i) - v_set1(mean), product);
        }
        float level = r * v_sum(sum) / (float)columns, share = r * r * r * v_sum(product) / (float)columns;
        for (long i = 0; i < columns; i += LANES) {
            V d = v_load(dyr, i, dy_type, columns - i) * v_load(weight, i, LATHE_F32, columns - i);
            V distance = v_load(xr, i, x_type, columns - i) - v_set1(mean);
            V value = d * v_set1(r) - v_set1(level) - distance * v_set1(share);
            if (accumulate) value += v_load(dxr, i, dx_type, columns - i);
            v_store(dxr, i, dx_type, value, columns - i);
        }
    }
}

#endif
