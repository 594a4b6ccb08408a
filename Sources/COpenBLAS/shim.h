#include <cblas.h>
#include <stddef.h>

// OpenBLAS holds LAPACK in its Fortran form, which no header of its own declares: matrices lie column by column, and the
// lengths of texts come last.
void spotrf_(const char *triangle, const blasint *size, float *a, const blasint *a_stride, blasint *info, size_t triangle_length);
void spotri_(const char *triangle, const blasint *size, float *a, const blasint *a_stride, blasint *info, size_t triangle_length);
void sgesdd_(const char *job, const blasint *rows, const blasint *columns, float *a, const blasint *a_stride, float *values,
             float *left, const blasint *left_stride, float *right, const blasint *right_stride, float *work,
             const blasint *work_size, blasint *integers, blasint *info, size_t job_length);
void sgeqrf_(const blasint *rows, const blasint *columns, float *a, const blasint *a_stride, float *tau, float *work,
             const blasint *work_size, blasint *info);
void sorgqr_(const blasint *rows, const blasint *columns, const blasint *reflectors, float *a, const blasint *a_stride,
             const float *tau, float *work, const blasint *work_size, blasint *info);
