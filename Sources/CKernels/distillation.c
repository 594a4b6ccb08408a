// How far a student's row of logits is from a teacher's, and the gradient of it: with w the teacher's share of a mixture,
// x · KL(teacher ‖ mixture) + y · KL(student ‖ mixture). At w = 0 the mixture is the student, at w = 1 the teacher.
#ifndef VARIANT
#include "internal.h"

/// Numbers that are added up in fp32 before they go into a sum in double.
#define RUN 1024

static double log_sum_scalar(const float *logits, long count, float scale, float *largest) {
    float most = -INFINITY;
    for (long i = 0; i < count; i++)
        if (logits[i] > most) most = logits[i];
    double sum = 0;
    for (long i = 0; i < count; i++) sum += expf((logits[i] - most) * scale);
    *largest = most;
    return log(sum);
}

/// What one token adds, and the slope by the student's log-probability of it.
static inline void token_scalar(const lathe_distillation_row *row, float s, float t, float *loss, float *slope) {
    float p = expf(s), q = expf(t), x = row->teacher_weight, y = row->student_weight, w = row->teacher_share;
    float left = s + log1pf(-w), right = t + logf(w);
    float mixture = w <= 0 ? s : w >= 1 ? t : (left > right ? left : right) + log1pf(expf(-fabsf(left - right)));
    float share = w <= 0 ? 1 : w >= 1 ? 0 : expf(left - mixture);
    *loss = x * q * (t - mixture) + y * p * (s - mixture);
    *slope = y * p * (s - mixture + 1 - share) - x * q * share;
}

static void sums_scalar(const lathe_distillation_row *row, double *loss, double *slopes) {
    *loss = *slopes = 0;
    for (long i = 0; i < row->count; i++) {
        float s = (row->student[i] - row->student_largest) * row->scale - row->student_log_sum;
        float t = (row->teacher[i] - row->teacher_largest) * row->scale - row->teacher_log_sum, added, slope;
        token_scalar(row, s, t, &added, &slope);
        *loss += added;
        *slopes += slope;
    }
}

static void gradient_scalar(const lathe_distillation_row *row, float slopes, float weight, float label_weight) {
    for (long i = 0; i < row->count; i++) {
        float s = (row->student[i] - row->student_largest) * row->scale - row->student_log_sum;
        float t = (row->teacher[i] - row->teacher_largest) * row->scale - row->teacher_log_sum, added, slope;
        token_scalar(row, s, t, &added, &slope);
        float label = row->student[i] - row->label_largest - row->label_log_sum;
        row->student[i] = weight * (slope - expf(s) * slopes) + (label_weight == 0 ? 0 : label_weight * expf(label));
    }
}

#define VARIANT_FILE "distillation.c"
#include "variants.h"

double lathe_log_sum(const float *logits, long count, float scale, float *largest) {
    LATHE_DISPATCH(log_sum, logits, count, scale, largest);
}

void lathe_distillation_sums(const lathe_distillation_row *row, double *loss, double *slopes) {
    LATHE_DISPATCH(sums, row, loss, slopes);
}

void lathe_distillation_gradient(const lathe_distillation_row *row, float slopes, float weight, float label_weight) {
    LATHE_DISPATCH(gradient, row, slopes, weight, label_weight);
}

#else

static double VARIANT(log_sum)(const float *logits, long count, float scale, float *largest) {
    V most = v_set1(-INFINITY);
    // The logits come first: of two operands, max gives the second where one is NaN.
    for (long i = 0; i < count; i += LANES)
        most = v_max(v_keep(v_load(logits, i, LATHE_F32, count - i), count - i, -INFINITY), most);
    *largest = v_largest(most);
    double sum = 0;
    for (long start = 0; start < count; start += RUN) {
        V part = v_set1(0);
        for (long i = start; i < at_most(start + RUN, count); i += LANES) {
            V value = v_exp((v_load(logits, i, LATHE_F32, count - i) - v_set1(*largest)) * v_set1(scale));
            part += v_keep(value, count - i, 0);
        }
        sum += v_sum(part);
    }
    return log(sum);
}

/// log(1 + x) for 0 ≤ x ≤ 1: 2 · artanh(x / (2 + x)), whose argument is at most a third.
LATHE_INLINE V VARIANT(log1p)(V x) {
    V z = x / (v_set1(2) + x), square = z * z;
    V series = v_set1(2.0f / 15);
    series = v_fma(series, square, v_set1(2.0f / 13));
    series = v_fma(series, square, v_set1(2.0f / 11));
    series = v_fma(series, square, v_set1(2.0f / 9));
    series = v_fma(series, square, v_set1(2.0f / 7));
    series = v_fma(series, square, v_set1(2.0f / 5));
    series = v_fma(series, square, v_set1(2.0f / 3));
    return z * v_fma(series, square, v_set1(2));
}

/// A row's numbers as the loop below has them.
typedef struct {
    V student_log_share, teacher_log_share, teacher_weight, student_weight;
} VARIANT(mixture);

LATHE_INLINE VARIANT(mixture) VARIANT(mixture_of)(const lathe_distillation_row *row) {
    return (VARIANT(mixture)){
        v_set1(log1pf(-row->teacher_share)), v_set1(logf(row->teacher_share)), v_set1(row->teacher_weight),
        v_set1(row->student_weight)};
}

/// As `token_scalar`; `p` is the student's probability.
LATHE_INLINE void VARIANT(token)(int end, VARIANT(mixture) m, V s, V t, V p, V *loss, V *slope) {
    if (end == 0) {
        V q = m.teacher_weight * v_exp(t);
        *loss = q * (t - s);
        *slope = -q;
    } else if (end == 1) {
        *loss = m.student_weight * p * (s - t);
        *slope = v_fma(m.student_weight, p, *loss);
    } else {
        V q = m.teacher_weight * v_exp(t), left = s + m.student_log_share, right = t + m.teacher_log_share;
        V mixture = v_max(left, right) + VARIANT(log1p)(v_exp(-v_max(left - right, right - left)));
        V share = v_exp(left - mixture), own = m.student_weight * p;
        *loss = q * (t - mixture) + own * (s - mixture);
        *slope = own * (s - mixture + v_set1(1) - share) - q * share;
    }
}

LATHE_INLINE void VARIANT(sums_of)(int end, const lathe_distillation_row *row, double *loss, double *slopes) {
    VARIANT(mixture) mixture = VARIANT(mixture_of)(row);
    V scale = v_set1(row->scale), top = v_set1(row->student_largest), other = v_set1(row->teacher_largest);
    V sum = v_set1(row->student_log_sum), other_sum = v_set1(row->teacher_log_sum);
    *loss = *slopes = 0;
    for (long start = 0; start < row->count; start += RUN) {
        V losses = v_set1(0), totals = v_set1(0);
        for (long i = start; i < at_most(start + RUN, row->count); i += LANES) {
            long n = row->count - i;
            V s = (v_load(row->student, i, LATHE_F32, n) - top) * scale - sum, added, slope;
            V t = (v_load(row->teacher, i, LATHE_F32, n) - other) * scale - other_sum;
            VARIANT(token)(end, mixture, s, t, end == 0 ? s : v_exp(s), &added, &slope);
            losses += v_keep(added, n, 0);
            totals += v_keep(slope, n, 0);
        }
        *loss += v_sum(losses);
        *slopes += v_sum(totals);
    }
}

static void VARIANT(sums)(const lathe_distillation_row *row, double *loss, double *slopes) {
    if (row->teacher_share <= 0) VARIANT(sums_of)(0, row, loss, slopes);
    else if (row->teacher_share >= 1) VARIANT(sums_of)(1, row, loss, slopes);
    else VARIANT(sums_of)(2, row, loss, slopes);
}

LATHE_INLINE void VARIANT(gradient_of)(
    int end, const lathe_distillation_row *row, float slopes, float weight, float label_weight) {
    VARIANT(mixture) mixture = VARIANT(mixture_of)(row);
    V scale = v_set1(row->scale), top = v_set1(row->student_largest), other = v_set1(row->teacher_largest);
    V sum = v_set1(row->student_log_sum), other_sum = v_set1(row->teacher_log_sum);
    V label_sum = v_set1(row->label_log_sum), label_top = v_set1(row->label_largest);
    for (long i = 0; i < row->count; i += LANES) {
        long n = row->count - i;
        V z = v_load(row->student, i, LATHE_F32, n), s = (z - top) * scale - sum, p = v_exp(s), added, slope;
        V t = (v_load(row->teacher, i, LATHE_F32, n) - other) * scale - other_sum;
        VARIANT(token)(end, mixture, s, t, p, &added, &slope);
        V gradient = v_set1(weight) * (slope - p * v_set1(slopes));
        if (label_weight != 0) gradient += v_set1(label_weight) * v_exp(z - label_top - label_sum);
        v_store(row->student, i, LATHE_F32, gradient, n);
    }
}

static void VARIANT(gradient)(const lathe_distillation_row *row, float slopes, float weight, float label_weight) {
    if (row->teacher_share <= 0) VARIANT(gradient_of)(0, row, slopes, weight, label_weight);
    else if (row->teacher_share >= 1) VARIANT(gradient_of)(1, row, slopes, weight, label_weight);
    else VARIANT(gradient_of)(2, row, slopes, weight, label_weight);
}

#endif
