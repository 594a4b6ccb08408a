// Where a row's router sends it: the softmax of its logits, and the largest of it. Plain loops, the same on every instruction set: a
// row has few experts beside what each of them computes, and which are chosen must not depend on the machine.
#include "internal.h"

static void softmax(float *row, long count) {
    float largest = -INFINITY;
    for (long i = 0; i < count; i++)
        if (row[i] > largest) largest = row[i];
    double sum = 0;
    for (long i = 0; i < count; i++) {
        row[i] = expf(row[i] - largest);
        sum += row[i];
    }
    for (long i = 0; i < count; i++) row[i] = (float)(row[i] / sum);
}

static bool is_among(const int32_t *chosen, long count, long expert) {
    for (long i = 0; i < count; i++)
        if (chosen[i] == expert) return true;
    return false;
}

/// The sum of the chosen probabilities, largest first.
static float chosen_sum(const float *probabilities, const int32_t *chosen, long used) {
    float sum = 0;
    for (long k = 0; k < used; k++) sum += probabilities[chosen[k]];
    return sum;
}

void lathe_route(float *row, long experts, long used, bool normalises, int32_t *chosen, float *shares) {
    softmax(row, experts);
    for (long k = 0; k < used; k++) {
        // A NaN is never larger: numbers that ran away choose experts that there are, and show in what these give.
        long best = -1;
        for (long e = 0; e < experts; e++)
            if (!is_among(chosen, k, e) && (best < 0 || row[e] > row[best])) best = e;
        chosen[k] = (int32_t)best;
    }
    float divisor = normalises ? chosen_sum(row, chosen, used) : 1;
    for (long k = 0; k < used; k++) shares[k] = row[chosen[k]] / divisor;
}

void lathe_route_backward(
    float *row, long experts, long used, bool normalises, const int32_t *chosen, const float *shares,
    const float *share_gradients, const float *slopes) {
    float divisor = 1, inner = 0;
    if (normalises) {
        divisor = chosen_sum(row, chosen, used);
        for (long k = 0; k < used; k++) inner += share_gradients[k] * shares[k];
    }
    // Of the probabilities; then what all of them have in common, since they sum to 1.
    float common = 0;
    if (slopes)
        for (long e = 0; e < experts; e++) common += row[e] * slopes[e];
    for (long k = 0; k < used; k++) common += row[chosen[k]] * ((share_gradients[k] - inner) / divisor);
    for (long e = 0; e < experts; e++) {
        float gradient = slopes ? slopes[e] : 0;
        for (long k = 0; k < used; k++)
            if (chosen[k] == e) gradient += (share_gradients[k] - inner) / divisor;
        row[e] *= gradient - common;
    }
}

float lathe_dot_with(const float *x, const void *y, lathe_type type, long count) {
    float sums[8] = {0};
    long i = 0;
    for (; i + 8 <= count; i += 8)
        for (int lane = 0; lane < 8; lane++) sums[lane] += x[i + lane] * load1(y, i + lane, type);
    for (int lane = 0; i < count; i++, lane++) sums[lane] += x[i] * load1(y, i, type);
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}
