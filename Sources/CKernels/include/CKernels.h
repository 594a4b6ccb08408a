// The loops of Lathe: one function an op, chosen at run time from a scalar twin and its AVX2 and AVX-512 variants.
// Legend: N rows, C width, D head width, T tokens of one example, V vocabulary.
// Numbers are `LATHE_F32` or `LATHE_BF16`; matrices are row-major and without gaps unless a stride is named (in numbers).
// Every function works on the range it is given, on the calling thread; only `lathe_parallel_for` spreads work.
#pragma once
#pragma clang diagnostic ignored "-Wnullability-completeness"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { LATHE_F32 = 0, LATHE_BF16 = 1 } lathe_type;

// --- Processor (processor.c) ---------------------------------------------------------------------------------------
typedef enum { LATHE_SCALAR = 0, LATHE_AVX2 = 1, LATHE_AVX512 = 2 } lathe_isa;

/// What the environment variable `LATHE_ISA` allows: `scalar`, `avx2`, `avx512` (without bfloat16 products), nothing, or a word
/// that is none of them.
typedef enum {
    LATHE_LIMIT_UNKNOWN = -2, LATHE_LIMIT_NONE = -1, LATHE_LIMIT_SCALAR = 0, LATHE_LIMIT_AVX2 = 1, LATHE_LIMIT_AVX512 = 2
} lathe_isa_limit;
lathe_isa_limit lathe_instruction_limit(void);
/// The best instruction set that CPU, operating system and `LATHE_ISA` allow.
lathe_isa lathe_processor_isa(void);
/// The best instruction set that CPU and operating system have.
lathe_isa lathe_widest_isa(void);
/// Whether the CPU has AVX512_BF16 or AMX-BF16, whatever `LATHE_ISA` says.
bool lathe_widest_has_bfloat16(void);
/// The instruction set used on the calling thread: `lathe_processor_isa()` unless overridden.
lathe_isa lathe_current_isa(void);
/// Overrides the instruction set on the calling thread (never above the processor's); -1 ends the override. For tests.
void lathe_override_isa(int isa);
/// Whether the CPU has AVX512_BF16 and `LATHE_ISA` does not hide it, as any value of it does.
bool lathe_has_bfloat16(void);
/// Whether the calling thread may use AVX512_BF16.
bool lathe_has_pair_product(void);

// --- Thread pool (pool.c) ------------------------------------------------------------------------------------------
typedef void (*lathe_task)(void *context, long index, int slot);

/// Starts the pool with `threads` threads, the caller's included, or as many as there are CPUs where it is 0; only the first call
/// counts. Returns 0, or `errno` where the system refused one of them: then there are fewer.
int lathe_pool_start(int threads);
/// How many were to be started.
int lathe_pool_wanted_threads(void);
int lathe_pool_threads(void);
/// Runs `task` for `0..<count`, each index once, on any thread of the pool, and returns when all are done. `slot` names the
/// thread, `0..<lathe_pool_threads()`. One region at a time; a region inside a task runs on the task's own thread.
void lathe_parallel_for(long count, lathe_task task, void *context);
/// A buffer of at least `bytes` bytes that belongs to the calling thread, 64-byte aligned, undefined content; valid until
/// the next call with the same `purpose` (0..<4) on this thread.
void *_Nonnull lathe_scratch(int purpose, size_t bytes);

// --- Conversion (convert.c): round to nearest even, NaN stays NaN ----------------------------------------------------
void lathe_convert(const void *from, lathe_type from_type, void *to, lathe_type to_type, long count);
void lathe_f16_to_f32(const uint16_t *from, float *to, long count);
void lathe_f32_to_f16(const float *from, uint16_t *to, long count);

// --- Signatures of sets (minhash.c) ---------------------------------------------------------------------------------
/// `least[i]` = the least of `(factors[i] * v + summands[i]) >> 32` over the values v: MinHash (Broder 1997). The same numbers on
/// every instruction set; without values, `UINT32_MAX`.
void lathe_minhash(
    const uint64_t *values, long count, const uint64_t *factors, const uint64_t *summands, uint32_t *least, long length);

// --- Dequantisation (dequantise.c): bit for bit as ggml's C reference ------------------------------------------------
typedef enum {
    LATHE_Q_F32, LATHE_Q_F16, LATHE_Q_BF16, LATHE_Q4_0, LATHE_Q4_1, LATHE_Q5_0, LATHE_Q5_1, LATHE_Q8_0,
    LATHE_Q2_K, LATHE_Q3_K, LATHE_Q4_K, LATHE_Q5_K, LATHE_Q6_K, LATHE_IQ4_NL, LATHE_IQ4_XS
} lathe_format;
/// `count` numbers, whole blocks.
void lathe_dequantise(lathe_format format, const void *blocks, void *to, lathe_type to_type, long count);

// --- Quantisation (quantise_weights.c) ------------------------------------------------------------------------------
/// `rows` rows of `columns` numbers, whole blocks, to blocks of `format`. `importance` says how much each column counts, or is
/// null. All numbers are finite. Returns -1, or where the first block begins whose scale no half can hold. The same bytes on
/// every instruction set.
long lathe_quantise_weights(
    lathe_format format, const float *x, long rows, long columns, const float *importance, void *blocks);

// --- Rounding by what a layer gives (feedback.c) ---------------------------------------------------------------------
/// A block of columns that is being rounded.
typedef struct {
    lathe_format format;
    long count;           // numbers of the block
    const float *factor;  // U from the block's first column on: [count, count]
    long factor_stride;
} lathe_feedback;
/// Chooses the codes of blocks of `rows` rows, whose scales are chosen, one after the other: each loss, divided by U's diagonal,
/// goes into `errors` [rows, count] and, times U, off the numbers after it. `w` is used up.
void lathe_feed_back(
    const lathe_feedback *feedback, long rows, void *blocks, long block_stride, float *w, long w_stride, float *errors);

/// Rows whose codes are looked at once more.
typedef struct {
    lathe_format format;
    long columns, block;    // numbers of a row, and of a block
    const float *products;  // H [columns, columns], both triangles
    int sweeps;
} lathe_refinement;
/// Changes each code of `rows` rows where another loses less, all others as they are. `numbers` [rows, columns] is what the blocks
/// stand for, `gradient` [rows, columns] = (W − numbers) · H; both are kept up to date.
void lathe_refine(const lathe_refinement *refinement, long rows, void *blocks, float *numbers, float *gradient);

// --- Integer dot products with stored blocks (integer_rows.c, integer_dots.c, quantise.c) -----------------------------
// Activations become 32 whole numbers of 16 bits with a scale: 254 · coarse + fine, a byte each, since bytes are what CPUs
// multiply by the block. Whole numbers of 8 bits would lose too much: models have channels a hundred times larger than their
// neighbours.
/// What is known of 32 whole numbers.
typedef struct {
    float scale, sum;     // number = scale · whole number; the sum of the 32 numbers
    int32_t total, half;  // sums of the 32 and of the first 16 whole numbers
} lathe_block_facts;
/// `[rows, columns]`, `columns` a multiple of 32.
typedef struct {
    const int8_t *numbers;           // [rows, columns / 32, 2, 32]: coarse bytes, fine bytes, all within ±127
    const lathe_block_facts *facts;  // [rows, columns / 32]
    long rows, columns;
} lathe_integers;
/// `blocks` times 32 numbers to whole numbers. A block with NaN or infinity gets a scale of NaN.
void lathe_quantise(const float *x, long blocks, int8_t *numbers, lathe_block_facts *facts);
/// Whether blocks of `format` are integers with scales.
bool lathe_has_integers(lathe_format format);
/// y[n, i] (+)= x[n] · weight row i, for the `count` stored rows at `rows`; rows of y are `stride` numbers apart.
/// Bits depend on the weight row and on x[n] alone.
void lathe_integer_rows(
    lathe_format format, const void *_Nonnull const *_Nonnull rows, long count, const lathe_integers *x, float *y, long stride,
    bool accumulate);
typedef enum {
    LATHE_DOTS_SCALAR, LATHE_DOTS_AVX2, LATHE_DOTS_AVX_VNNI, LATHE_DOTS_AVX512, LATHE_DOTS_AVX512_VNNI
} lathe_dots;
/// How bytes are multiplied on the calling thread.
lathe_dots lathe_current_dots(void);
/// Does without VNNI on the calling thread. For tests.
void lathe_hide_vnni(bool hides);

// --- Few rows times stored rows of numbers (float_rows.c) ------------------------------------------------------------
/// y[i, row] (+)= x[i] · weight row, for the `count` rows of `type` at `rows` and the `n` rows of x; rows of y are `stride`
/// numbers apart. Bits depend on the weight row and on x[i] alone.
void lathe_float_rows(
    const void *_Nonnull const *_Nonnull rows, lathe_type type, long count, long columns, const float *x, long n, float *y,
    long stride, bool accumulate);

// --- Few rows times numbers whose rows stand as columns (float_columns.c) ---------------------------------------------
/// y[i, column] (+)= Σ over k of x[i, k] · w[k, column], for `count` columns at `w` of `depth` rows that are `row_bytes` apart, of a
/// format without blocks, and the `n` rows of x `[n, depth]`; rows of y are `stride` numbers apart.
void lathe_float_columns(
    lathe_format format, const void *w, long row_bytes, long count, long depth, const float *x, long n, float *y, long stride,
    bool accumulate);

// --- Panels (panels.c): a matrix laid out for products ------------------------------------------------------------------
/// Columns in one panel; the last may be narrower, a multiple of 16. A panel of fp32 is `[depth][width]`, one of bf16
/// `[depth / 2][width][2]`, its depth even; columns past the last are zero.
enum { LATHE_PANEL = 64 };
/// One panel from its `count` columns, each `depth` numbers long (even for bf16), `stride` numbers apart.
void lathe_panel_from_columns(const void *columns, lathe_type type, long stride, long count, long depth, void *panel);
/// `count` rows of `columns` numbers, `stride` apart, into all panels at depths from `start` on (both even for bf16, or `count`
/// the last). `panel_depth` is the panels' whole depth.
void lathe_panels_from_rows(
    const void *rows, lathe_type type, long stride, long count, long columns, void *panels, long panel_depth, long start);

/// to[column, row] = from[row, column].
void lathe_transpose(const void *from, lathe_type type, long stride, long rows, long columns, void *to, long to_stride);

// --- Products of rows and panels (panelproduct.c) -----------------------------------------------------------------------
/// left `[rows, depth]`, its rows `stride` numbers apart, and panels of that depth (even for bf16).
typedef struct { const void *left; long stride; const void *panels; long depth; } lathe_term;
/// output = alpha · Σ left · panels (+ bias) (+ base).
typedef struct {
    lathe_type type;       // of the operands
    long rows, columns;
    const lathe_term *terms;
    long term_count;
    float alpha;
    const float *bias;     // [columns], or null
    const float *base;     // [rows, columns], or null; may be the output
    long base_stride;
    void *output;
    lathe_type output_type;
    long output_stride;
} lathe_panel_product;
/// A row of the result depends on its own row of `left` alone, whatever rows come with it.
void lathe_multiply_panels(const lathe_panel_product *product);

// --- Products over rows (rowsproduct.c) -----------------------------------------------------------------------------------
/// c[i · c_few + j · c_many] += Σ a[n, i] · b[n, j] over `rows` rows, summed in their order.
typedef struct {
    lathe_type type;       // of a and b
    long rows, few, many;
    const void *a;         // [rows, few]
    long a_stride;
    const void *b;         // [rows, many]
    long b_stride;
    float *c;
    long c_few, c_many;
} lathe_rows_product;
void lathe_multiply_rows(const lathe_rows_product *product);

// --- Norm (rmsnorm.c): y = x · inverse_rms · weight -------------------------------------------------------------------
void lathe_rmsnorm_forward(
    const void *x, lathe_type x_type, const float *weight, float epsilon, void *y, lathe_type y_type, float *inverse_rms,
    long rows, long columns);
/// As forward, with `inverse_rms` known.
void lathe_rmsnorm_apply(
    const void *x, lathe_type x_type, const float *weight, const float *inverse_rms, void *y, lathe_type y_type, long rows,
    long columns);
void lathe_rmsnorm_backward(
    const void *dy, lathe_type dy_type, const void *x, lathe_type x_type, const float *weight, const float *inverse_rms,
    void *dx, lathe_type dx_type, bool accumulate, long rows, long columns);

// --- Norm (layernorm.c): y = (x − mean) · r · weight + bias; statistics `[rows, 2]` hold mean and r -------------------
/// - bias: may be NULL.
void lathe_layernorm_forward(
    const void *x, lathe_type x_type, const float *weight, const float *bias, float epsilon, void *y, lathe_type y_type,
    float *statistics, long rows, long columns);
/// As forward, with `statistics` known.
void lathe_layernorm_apply(
    const void *x, lathe_type x_type, const float *weight, const float *bias, const float *statistics, void *y,
    lathe_type y_type, long rows, long columns);
void lathe_layernorm_backward(
    const void *dy, lathe_type dy_type, const void *x, lathe_type x_type, const float *weight, const float *statistics,
    void *dx, lathe_type dx_type, bool accumulate, long rows, long columns);

// --- Cap (softcap.c): in place, x = cap · tanh(x / cap) --------------------------------------------------------------------
void lathe_softcap(float *x, float cap, long count);
/// x *= 1 − (y / cap)², the slope at what the cap gave; 0 for what is not within it.
void lathe_softcap_slopes(const float *y, float cap, void *x, lathe_type type, long count);

// --- Rotary positions (rotary.c) -------------------------------------------------------------------------------------------
typedef struct {
    long rows, heads, width;  // of x `[rows, heads · width]`
    long turned;              // the leading numbers of each head that turn; the others stay
    bool interleaved;         // pairs side by side, not half of `turned` apart
    lathe_type type;          // of x
} lathe_rotary_shape;
/// Turns each head of x in place, row i by position `positions[i]`; `direction` −1 turns back. `cosines` and `sines`:
/// `[positions, turned/2]`.
void lathe_rotary(
    const lathe_rotary_shape *shape, void *x, const int32_t *positions, const float *cosines, const float *sines,
    float direction);

// --- Activations (activation.h, a file each): y = act(x), and y = act(gate) · up ------------------------------------------
#define LATHE_ACTIVATION(name)                                                                                         \
    void name##_forward(const void *x, lathe_type type, void *y, lathe_type y_type, long count);                       \
    void name##_backward(                                                                                              \
        const void *dy, lathe_type dy_type, const void *x, lathe_type type, void *dx, lathe_type dx_type, long count); \
    void name##_gated_forward(                                                                                         \
        const void *gate, const void *up, void *y, lathe_type type, lathe_type y_type, long count);                    \
    void name##_gated_backward(                                                                                        \
        const void *dy, lathe_type dy_type, const void *gate, const void *up, lathe_type type, void *dgate, void *dup, \
        lathe_type d_type, long count);

LATHE_ACTIVATION(lathe_silu)
LATHE_ACTIVATION(lathe_gelu)
LATHE_ACTIVATION(lathe_gelu_tanh)
LATHE_ACTIVATION(lathe_quick_gelu)
LATHE_ACTIVATION(lathe_relu)
LATHE_ACTIVATION(lathe_squared_relu)

// --- Factors of columns (columnfactors.c) ----------------------------------------------------------------------------------
/// y = factors·x + bias + base, of which bias and base may be absent; y may be x.
void lathe_scale_columns(
    const void *x, lathe_type x_type, const float *factors, const float *bias, const float *base, void *y,
    lathe_type y_type, long count);
/// y = y · x · factors
void lathe_multiply_columns(const void *x, const float *factors, void *y, lathe_type type, long count);
/// ‖w + Σ factors[k] · a[k]‖, `a` being `[rank, count]`.
float lathe_row_norm(const float *w, const float *factors, const float *a, long rank, long count);

// --- Blocks whose minimum is changed (fold.c): w = d·q + m, 32 numbers a block ---------------------------------------------
/// Whether blocks of `format` are so, m an fp16 number.
bool lathe_has_minima(lathe_format format);
/// The minima of a stored row of `blocks` blocks.
void lathe_read_minima(lathe_format format, const void *row, long blocks, uint16_t *minima);
/// Puts fp16(minima + Σ factors[k] · a[k]) into the blocks of `row`, `a` being `[rank, blocks]`: the same bits on every machine.
void lathe_write_minima(
    lathe_format format, const uint16_t *minima, const float *factors, const float *a, long rank, long blocks, void *row);
/// y[b] = Σ of the 32 numbers of block b of x.
void lathe_block_sums(const void *x, lathe_type type, long blocks, void *y);
/// The 32 numbers of block b of y = x[b].
void lathe_spread_blocks(const float *x, long blocks, float *y);

// --- Softmax over a vocabulary, tile by tile (crossentropy.c) -----------------------------------------------------------
/// The largest of `count` logits, Σ exp(logit − largest) and, unless `exps` is null, each exp; the exps may be the logits.
/// A NaN among the logits makes the sum NaN; where all of them are −∞ the sum is 0.
void lathe_softmax_tile(const float *logits, long count, void *exps, lathe_type type, float *largest, float *sum);

// --- Where rows go among experts (routing.c): the same numbers on every instruction set ---------------------------------
/// Turns a row of `experts` logits into probabilities, in place, and gives the `used` largest of them, the lower of equals first:
/// which they are in `chosen`, what they count in `shares`, divided by their sum where `normalises`.
void lathe_route(float *row, long experts, long used, bool normalises, int32_t *chosen, float *shares);
/// Turns the probabilities into the gradient of the logits, in place, from that of the shares. `slopes`: what the probabilities'
/// own gradients are beside it, one an expert; may be NULL.
void lathe_route_backward(
    float *row, long experts, long used, bool normalises, const int32_t *chosen, const float *shares,
    const float *share_gradients, const float *_Nullable slopes);
/// Σ x · y, in eight running sums.
float lathe_dot_with(const float *x, const void *y, lathe_type type, long count);

// --- Two models' predictions over a vocabulary, tile by tile (divergence.c) ----------------------------------------------
typedef struct {
    float largest_p, largest_q;
    double sum_p, sum_q;  // Σ exp(logit − largest)
    double weighted;      // Σ exp(p − largest_p) · (p − q)
} lathe_divergence_tile;

/// What `count` logits of a row, from two models, come to. A NaN among them makes a sum NaN.
void lathe_divergence(const float *p, const float *q, long count, lathe_divergence_tile *tile);

// --- A student's row of logits against a teacher's (distillation.c) -------------------------------------------------------
typedef struct {
    float *student;  // logits; the gradient takes their place
    const float *teacher;
    long count;
    float scale;  // of the logits of both: 1 / temperature
    // Of each row: the largest logit, and log Σ exp((logit − largest) · scale).
    float student_largest, student_log_sum, teacher_largest, teacher_log_sum;
    // The same of all logits of the student, unscaled, as the label's own loss has them.
    float label_largest, label_log_sum;
    // x · KL(teacher ‖ mixture) + y · KL(student ‖ mixture), w being the teacher's share of the mixture.
    float teacher_share, teacher_weight, student_weight;
} lathe_distillation_row;

/// log Σ exp((logit − largest) · scale), and the largest. A NaN among the logits makes it NaN.
double lathe_log_sum(const float *logits, long count, float scale, float *largest);
/// The row's loss, and the sum of its slopes by the student's log-probabilities.
void lathe_distillation_sums(const lathe_distillation_row *row, double *loss, double *slopes);
/// student = weight · (slope − p · slopes) + label_weight · softmax(logits), the label's own −label_weight being left to the caller.
void lathe_distillation_gradient(const lathe_distillation_row *row, float slopes, float weight, float label_weight);

// --- Attention of neighbouring query heads over one example (attention.c) ------------------------------------------------
typedef struct {
    long queries, keys;
    long position;           // of the first query among the keys; the others follow
    long before, after;      // a query at position p sees keys p − before … p + after, as far as there are any
    long width;              // D, even for bf16
    long query_stride, key_stride, output_stride, lse_stride;
    float scale;             // of products of queries and keys
    float softcap;           // c: a scaled product s counts as c · tanh(s / c); 0: as it is
    // Added to that for key k and a query at p: number k − p, for the first of the heads, the next head's `bias_stride` further; or
    // NULL. Numbers from −(position + queries − 1) to keys − 1 are read.
    const float *_Nullable bias;
    long bias_stride;
    lathe_type type;         // of q, k, v, and of do and o in backward
    lathe_type output_type;  // of o in forward
} lathe_attention_shape;

/// Queries and keys in a tile, where there are `keys` keys in all.
long lathe_attention_tile(long keys);
/// Forward of `heads` neighbouring query heads that share one key/value head. `lse` (log Σ exp of the scores, one a
/// query and head) may be null.
void lathe_attention_forward(
    const lathe_attention_shape *shape, long heads, const void *q, const void *k, const void *v, void *o, float *lse);
/// Backward of one query head. `d_o`, `o` and dq are strided as `q`; `dk` and `dv` are this head's own share, strided as
/// `gradient_stride` says. All gradients are fp32.
void lathe_attention_backward(
    const lathe_attention_shape *shape, const void *d_o, const void *q, const void *k, const void *v, const void *o,
    const float *lse, float *dq, float *dk, float *dv, long gradient_stride);

// --- Attention of one position over a cache (cached_attention.c) --------------------------------------------------------
typedef struct {
    long keys, width, key_stride;  // rows of k and v, D, numbers from one row to the next
    float scale, softcap;          // as in attention.c
    const float *_Nullable bias;   // added to the first head's score of each key, the next head's `bias_stride` further; or NULL
    long bias_stride;
    lathe_type type;               // of k and v
} lathe_cached_shape;
/// `heads` neighbouring query heads `[heads, D]` that share one key/value head, over all keys.
void lathe_cached_attention(
    const lathe_cached_shape *shape, long heads, const float *q, const void *k, const void *v, float *o);

// --- Elements (elements.c) -------------------------------------------------------------------------------------------------
void lathe_add(const void *x, lathe_type x_type, void *y, lathe_type y_type, long count);
void lathe_scale(void *x, lathe_type type, float factor, long count);
double lathe_sum_of_squares(const float *x, long count);
/// The index of the first NaN or infinity, or -1.
long lathe_first_non_finite(const float *x, long count);
/// The index of the first largest number; -1 where one is NaN or +∞, or none is finite (largest.c).
long lathe_first_largest(const float *x, long count);
/// y = exp((x − largest) · factor) (largest.c).
void lathe_exponentials(const float *x, float largest, float factor, float *y, long count);

/// Numbers in a block of `masses.c`.
#define LATHE_MASS_BLOCK 64
/// The largest number of each block; NaN may be passed over (masses.c).
void lathe_block_largest(const float *x, long count, float *largest);
/// Σ exp((x − largest) · factor) of each block (masses.c).
void lathe_block_masses(const float *x, long count, float largest, float factor, float *masses);

float lathe_dot(const float *x, const float *y, long count);

// --- Dropout (dropout.c) -----------------------------------------------------------------------------------------------------
/// `count` elements, of which the first is number `first` of its stream. An element is kept where its random word ≥ threshold.
void lathe_dropout(
    const void *x, void *y, lathe_type type, lathe_type y_type, uint64_t first, long count, uint32_t threshold, float factor,
    uint64_t seed, uint32_t stream, uint32_t purpose);

// --- AdamW (adamw.c) -----------------------------------------------------------------------------------------------------------
typedef struct { float gradient_scale, decay, beta1, beta2, epsilon, step_size, root_correction; } lathe_adamw;
void lathe_adamw_step(
    const lathe_adamw *settings, float *values, const float *gradients, float *first, float *second, long count);

// --- Lion (lion.c) ---------------------------------------------------------------------------------------------------------------
/// `rest1` and `rest2` are what `beta1` and `beta2` leave of 1.
typedef struct { float gradient_scale, decay, learning_rate, beta1, rest1, beta2, rest2; } lathe_lion;
void lathe_lion_step(const lathe_lion *settings, float *values, const float *gradients, float *momentum, long count);
