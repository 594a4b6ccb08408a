import CKernels
public import Tensors

/// Root-mean-square norm of each row: `y = x · r · w`, `r = 1 / √(mean(x²) + ε)`.
///
/// The norm of queries and keys is the same function on the matrix seen as `[N·H, D]`.
public enum RMSNorm {
    /// - Parameters:
    ///   - x: `[N, C]`; `y` may be the same matrix.
    ///   - weight: `[1, C]` fp32.
    ///   - inverseRMS: `[N, 1]` fp32, for `backward`.
    public static func forward(_ x: Matrix, weight: Matrix, epsilon: Float, into y: Matrix, inverseRMS: Matrix) {
        precondition(
            x.rows == y.rows && x.columns == y.columns && weight.count == x.columns && inverseRMS.count == x.rows)
        let w = weight.floatPointer, r = inverseRMS.floatPointer
        parallelRanges(x.rows, grain: x.rowGrain) { rows in
            let first = rows.lowerBound
            lathe_rmsnorm_forward(
                x.row(first), x.type.c, w, epsilon, y.row(first), y.type.c, r + first, rows.count, x.columns)
        }
    }

    /// As `forward`, with the rows' inverse RMS known from before.
    public static func apply(_ x: Matrix, weight: Matrix, inverseRMS: Matrix, into y: Matrix) {
        precondition(
            x.rows == y.rows && x.columns == y.columns && weight.count == x.columns && inverseRMS.count == x.rows)
        let w = weight.floatPointer, r = inverseRMS.floatPointer
        parallelRanges(x.rows, grain: x.rowGrain) { rows in
            let first = rows.lowerBound
            lathe_rmsnorm_apply(
                x.row(first), x.type.c, w, r + first, y.row(first), y.type.c, rows.count, x.columns)
        }
    }

    /// `dx` (+)= the gradient of the norm's input; the weight is frozen. `dx` may be `dy`.
    public static func backward(
        _ dy: Matrix, x: Matrix, weight: Matrix, inverseRMS: Matrix, into dx: Matrix, accumulate: Bool
    ) {
        precondition(dy.rows == x.rows && dy.columns == x.columns && dx.rows == x.rows && dx.columns == x.columns)
        precondition(weight.count == x.columns && inverseRMS.count == x.rows)
        let w = weight.floatPointer, r = inverseRMS.floatPointer
        parallelRanges(x.rows, grain: x.rowGrain) { rows in
            let first = rows.lowerBound
            lathe_rmsnorm_backward(
                dy.row(first), dy.type.c, x.row(first), x.type.c, w, r + first, dx.row(first), dx.type.c, accumulate,
                rows.count, x.columns)
        }
    }
}
