// loss = log Σ exp(logit − largest) + largest − logit[target], and its gradient.
#ifndef VARIANT
#include "internal.h"

/// The largest logit. A NaN may be passed over: it comes back in the sum.
static float largest_scalar(const float *logits, long vocabulary) {
    float largest = -INFINITY;
    for (long i = 0; i < vocabulary; i++)
        if (logits[i] > largest) largest = logits[i];
    return largest;
}

static float sum_exp_scalar(const float *logits, long vocabulary, float largest) {
    // In double: 50,000 small numbers one after the other in fp32 cost 1e-4 of the loss.
    double sum = 0;
    for (long i = 0; i < vocabulary; i++) sum += expf(logits[i] - largest);
    return (float)sum;
}

static void gradient_scalar(
    const float *logits, long vocabulary, float largest, float factor, void *gradient, lathe_type type) {
    for (long i = 0; i < vocabulary; i++) store1(gradient, i, type, expf(logits[i] - largest) * factor);
}

#define VARIANT_FILE "crossentropy.c"
#include "variants.h"

static float find_largest(const float *logits, long vocabulary) { LATHE_DISPATCH(largest, logits, vocabulary); }

static float find_sum(const float *logits, long vocabulary, float largest) {
    LATHE_DISPATCH(sum_exp, logits, vocabulary, largest);
}

static void find_gradient(
    const float *logits, long vocabulary, float largest, float factor, void *gradient, lathe_type type) {
    LATHE_DISPATCH(gradient, logits, vocabulary, largest, factor, gradient, type);
}

static void mark_correct(const float *logits, int32_t target, float largest, float loss, bool *correct) {
    if (!correct) return;
    *correct = loss == loss && logits[target] == largest;
    for (int32_t i = 0; *correct && i < target; i++) *correct = logits[i] != largest;
}

float lathe_cross_entropy(const float *logits, long vocabulary, int32_t target, bool *correct) {
    float largest = find_largest(logits, vocabulary);
    float loss = logf(find_sum(logits, vocabulary, largest)) + (largest - logits[target]);
    mark_correct(logits, target, largest, loss, correct);
    return loss;
}

float lathe_cross_entropy_gradient(
    const float *logits, long vocabulary, int32_t target, float scale, bool *correct, void *gradient, lathe_type type) {
    float largest = find_largest(logits, vocabulary), sum = find_sum(logits, vocabulary, largest);
    float loss = logf(sum) + (largest - logits[target]);
    mark_correct(logits, target, largest, loss, correct);
    float at_target = expf(logits[target] - largest) / sum;
    find_gradient(logits, vocabulary, largest, scale / sum, gradient, type);
    store1(gradient, target, type, (at_target - 1) * scale);
    return loss;
}

#else

static float VARIANT(largest)(const float *logits, long vocabulary) {
    V largest = v_set1(-INFINITY);
    // The logits come first: of two operands, max gives the second where one is NaN.
    for (long i = 0; i < vocabulary; i += LANES) {
        V value = v_load(logits, i, LATHE_F32, vocabulary - i);
        largest = v_max(v_keep(value, vocabulary - i, -INFINITY), largest);
    }
    return v_largest(largest);
}

static float VARIANT(sum_exp)(const float *logits, long vocabulary, float largest) {
    V sum = v_set1(0);
    for (long i = 0; i < vocabulary; i += LANES) {
        V value = v_exp(v_load(logits, i, LATHE_F32, vocabulary - i) - v_set1(largest));
        sum += v_keep(value, vocabulary - i, 0);
    }
    return v_sum(sum);
}

static void VARIANT(gradient)(
    const float *logits, long vocabulary, float largest, float factor, void *gradient, lathe_type type) {
    for (long i = 0; i < vocabulary; i += LANES) {
        V value = v_exp(v_load(logits, i, LATHE_F32, vocabulary - i) - v_set1(largest)) * v_set1(factor);
        v_store(gradient, i, type, value, vocabulary - i);
    }
}

#endif
