// y = x · r · w with r = 1 / √(mean(x²) + ε), a row at a time.
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

void lathe_rmsnorm_forward(
    const void *x, lathe_type x_type, const float *weight, float epsilon, void *y, lathe_type y_type, float *inverse_rms,
    long rows, long columns) {
    forward_scalar(x, x_type, weight, epsilon, y, y_type, inverse_rms, rows, columns);
}

void lathe_rmsnorm_backward(
    const void *dy, lathe_type dy_type, const void *x, lathe_type x_type, const float *weight, const float *inverse_rms,
    void *dx, lathe_type dx_type, bool accumulate, long rows, long columns) {
    backward_scalar(dy, dy_type, x, x_type, weight, inverse_rms, dx, dx_type, accumulate, rows, columns);
}
