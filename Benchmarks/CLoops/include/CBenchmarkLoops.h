// Loops that benchmarks compare against: what the memory gives, and what int8 operands cost to make.
#ifndef CBENCHMARK_LOOPS_H
#define CBENCHMARK_LOOPS_H
#include <stddef.h>
#include <stdint.h>

/// a[i] = b[i] + s · c[i]: two streams in, one out.
void bench_triad(float *a, const float *b, const float *c, float s, size_t count);

/// Σ of words that are only read: one stream in.
uint64_t bench_sum(const uint64_t *words, size_t count);

/// Each row of x `[rows, columns]` (bf16) as int8 with a scale of its own: x ≈ scale · q.
void bench_quantise_rows(const uint16_t *x, int8_t *q, float *scales, size_t rows, size_t columns);

/// y[row, column] *= scales[row], on fp32.
void bench_scale_rows(float *y, const float *scales, size_t rows, size_t columns);

#endif
