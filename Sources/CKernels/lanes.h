// Sixteen blocks side by side, a block a lane. What happens to a block is written once, element by element, and its sums are added
// in the order of its elements: so its bytes are the same on every CPU, which takes as many lanes at a time as it can.
// Included once for each variant of `quantise_weights.c`.

#ifndef LATHE_SIDE
#define LATHE_SIDE 16
typedef float lanes __attribute__((vector_size(64)));
typedef int32_t lanes_int __attribute__((vector_size(64)));
typedef uint8_t lanes_byte __attribute__((vector_size(16)));
#define SIDE_INLINE static inline __attribute__((always_inline, unused))
#endif

SIDE_INLINE lanes VARIANT(all)(float x) { return (lanes){0} + x; }
/// `a` where `mask` holds, `b` elsewhere.
SIDE_INLINE lanes VARIANT(pick)(lanes_int mask, lanes a, lanes b) {
    return (lanes)((mask & (lanes_int)a) | (~mask & (lanes_int)b));
}
SIDE_INLINE lanes VARIANT(magnitude)(lanes x) { return (lanes)((lanes_int)x & 0x7fffffff); }
SIDE_INLINE lanes_int VARIANT(is_finite)(lanes x) { return VARIANT(magnitude)(x) < VARIANT(all)(INFINITY); }
/// 1 / x; 0 where that is no number.
SIDE_INLINE lanes VARIANT(inverse)(lanes x) {
    const lanes result = 1.0f / x;
    return VARIANT(pick)(VARIANT(is_finite)(result), result, VARIANT(all)(0));
}
/// To the nearest whole number, ties to even, for magnitudes below 2²²: 1.5 · 2²³ pushes the fraction out.
SIDE_INLINE lanes VARIANT(nearest)(lanes x) { return (x + 0x1.8p23f) - 0x1.8p23f; }
SIDE_INLINE lanes VARIANT(clamp)(lanes x, float least, float most) {
    const lanes low = VARIANT(all)(least), high = VARIANT(all)(most);
    x = VARIANT(pick)(x > low, x, low);  // NaN becomes the least
    return VARIANT(pick)(x < high, x, high);
}
SIDE_INLINE lanes VARIANT(numbers)(lanes_int x) { return __builtin_convertvector(x, lanes); }
SIDE_INLINE lanes_int VARIANT(wholes)(lanes x) { return __builtin_convertvector(x, lanes_int); }
SIDE_INLINE lanes VARIANT(root)(lanes x) { return __builtin_elementwise_sqrt(x); }

/// Element j of the `size` of each block into `to[j]`.
SIDE_INLINE void VARIANT(side_by_side)(const float *const blocks[LATHE_SIDE], int size, lanes *to) {
    float *numbers = (float *)to;
    for (int j = 0; j < size; j++)
        for (int lane = 0; lane < LATHE_SIDE; lane++) numbers[j * LATHE_SIDE + lane] = blocks[lane][j];
}

/// Element j of each block, from 0 to 255 or from −128 to 127, as byte j of its own `size` bytes.
SIDE_INLINE void VARIANT(apart)(const lanes *from, int size, uint8_t *bytes) {
    lanes_byte turned[32];
    for (int j = 0; j < size; j++) turned[j] = __builtin_convertvector(VARIANT(wholes)(from[j]), lanes_byte);
    for (int lane = 0; lane < LATHE_SIDE; lane++)
        for (int j = 0; j < size; j++) bytes[lane * size + j] = ((const uint8_t *)turned)[j * LATHE_SIDE + lane];
}
