import CKernels
public import Tensors

/// Norm of each row by its mean and deviation: `y = (x − m) · r · w + b`, `m = mean(x)`, `r = 1 / √(mean((x − m)²) + ε)`.
public enum LayerNorm {
    /// - Parameters:
    ///   - x: `[N, C]`; `y` may be the same matrix.
    ///   - weight: `[1, C]` fp32.
    ///   - bias: `[1, C]` fp32; nil for none.
    ///   - statistics: `[N, 2]` fp32, m and r of each row, for `backward`.
    public static func forward(
        _ x: Matrix, weight: Matrix, bias: Matrix?, epsilon: Float, into y: Matrix, statistics: Matrix
    ) {
        precondition(x.rows == y.rows && x.columns == y.columns)
        check(x, weight, bias, statistics)
        let w = weight.floatPointer, b = bias?.floatPointer, s = statistics.floatPointer
        parallelRanges(x.rows, grain: x.rowGrain) { rows in
            let first = rows.lowerBound
            lathe_layernorm_forward(
                x.row(first), x.type.c, w, b, epsilon, y.row(first), y.type.c, s + 2 * first, rows.count, x.columns)
        }
    }

    /// As `forward`, with the rows' statistics known from before.
    public static func apply(_ x: Matrix, weight: Matrix, bias: Matrix?, statistics: Matrix, into y: Matrix) {
        precondition(x.rows == y.rows && x.columns == y.columns)
        check(x, weight, bias, statistics)
        let w = weight.floatPointer, b = bias?.floatPointer, s = statistics.floatPointer
        parallelRanges(x.rows, grain: x.rowGrain) { rows in
            let first = rows.lowerBound
            lathe_layernorm_apply(
                x.row(first), x.type.c, w, b, s + 2 * first, y.row(first), y.type.c, rows.count, x.columns)
        }
    }

    /// `dx` (+)= the gradient of the norm's input; weight and bias are frozen. `dx` may be `dy`.
    public static func backward(
        _ dy: Matrix, x: Matrix, weight: Matrix, statistics: Matrix, into dx: Matrix, accumulate: Bool
    ) {
        precondition(dy.rows == x.rows && dy.columns == x.columns && dx.rows == x.rows && dx.columns == x.columns)
        check(x, weight, nil, statistics)
        let w = weight.floatPointer, s = statistics.floatPointer
        parallelRanges(x.rows, grain: x.rowGrain) { rows in
            let first = rows.lowerBound
            lathe_layernorm_backward(
                dy.row(first), dy.type.c, x.row(first), x.type.c, w, s + 2 * first, dx.row(first), dx.type.c,
                accumulate,
                rows.count, x.columns)
        }
    }

    private static func check(_ x: Matrix, _ weight: Matrix, _ bias: Matrix?, _ statistics: Matrix) {
        precondition(weight.count == x.columns && bias.map { $0.count == x.columns } ?? true)
        precondition(statistics.rows == x.rows && statistics.columns == 2)
    }
}
