#include <cblas.h>
#include <stddef.h>

// OpenBLAS holds LAPACK in its Fortran form, which no header of its own declares: matrices lie column by column, and the
// lengths of texts come last.
void spotrf_(const char *triangle, const blasint *size, float *a, const blasint *a_stride, blasint *info, size_t triangle_length);
void spotri_(const char *triangle, const blasint *size, float *a, const blasint *a_stride, blasint *info, size_t triangle_length);
