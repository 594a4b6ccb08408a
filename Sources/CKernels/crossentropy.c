// loss = log Σ exp(logit − largest) + largest − logit[target], and its gradient.
#include "internal.h"

/// The largest logit, or NaN if there is one (a comparison alone would pass over it).
static float largest_scalar(const float *logits, long vocabulary) {
    float largest = logits[0];
    for (long i = 1; i < vocabulary; i++)
        if (logits[i] > largest || logits[i] != logits[i]) largest = logits[i];
    return largest;
}

static float sum_exp_scalar(const float *logits, long vocabulary, float largest) {
    float sum = 0;
    for (long i = 0; i < vocabulary; i++) sum += expf(logits[i] - largest);
    return sum;
}

static void gradient_scalar(
    const float *logits, long vocabulary, float largest, float factor, void *gradient, lathe_type type) {
    for (long i = 0; i < vocabulary; i++) store1(gradient, i, type, expf(logits[i] - largest) * factor);
}

static void mark_correct(const float *logits, int32_t target, float largest, bool *correct) {
    if (!correct) return;
    *correct = logits[target] == largest;
    for (int32_t i = 0; *correct && i < target; i++) *correct = logits[i] != largest;
}

float lathe_cross_entropy(const float *logits, long vocabulary, int32_t target, bool *correct) {
    float largest = largest_scalar(logits, vocabulary);
    mark_correct(logits, target, largest, correct);
    return logf(sum_exp_scalar(logits, vocabulary, largest)) + (largest - logits[target]);
}

float lathe_cross_entropy_gradient(
    const float *logits, long vocabulary, int32_t target, float scale, bool *correct, void *gradient, lathe_type type) {
    float largest = largest_scalar(logits, vocabulary);
    mark_correct(logits, target, largest, correct);
    float sum = sum_exp_scalar(logits, vocabulary, largest);
    float loss = logf(sum) + (largest - logits[target]);
    float at_target = expf(logits[target] - largest) / sum;
    gradient_scalar(logits, vocabulary, largest, scale / sum, gradient, type);
    store1(gradient, target, type, (at_target - 1) * scale);
    return loss;
}
