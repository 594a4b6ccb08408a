import CKernels
public import Tensors

/// A factor for each column of a matrix, `[1, C]` fp32.
public enum ColumnFactors {
    /// y = factors · x (+ bias) (+ base), rounded once.
    /// - Parameters:
    ///   - x: `[N, C]`; `y` may be the same matrix.
    ///   - bias: `[1, C]` fp32.
    ///   - base: `[N, C]` fp32; may be `y`.
    public static func scale(
        _ x: Matrix, by factors: Matrix, bias: Matrix? = nil, base: Matrix? = nil, into y: Matrix
    ) {
        precondition(x.rows == y.rows && x.columns == y.columns && factors.count == x.columns)
        precondition(bias.map { $0.count == x.columns } ?? true)
        precondition(base.map { $0.rows == x.rows && $0.columns == x.columns } ?? true)
        parallelRanges(x.rows, grain: x.rowGrain) { rows in
            for row in rows {
                lathe_scale_columns(
                    x.row(row), x.type.c, factors.floatPointer, bias?.floatPointer,
                    base.map { $0.floatPointer + row * x.columns }, y.row(row), y.type.c, x.columns)
            }
        }
    }

    /// Each column of `matrix` *= its factor.
    public static func scale(_ matrix: Matrix, by factors: [Float]) {
        precondition(factors.count == matrix.columns)
        factors.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            let row = Matrix(
                pointer: UnsafeMutableRawPointer(mutating: start), rows: 1, columns: factors.count, type: .f32)
            scale(matrix, by: row, into: matrix)
        }
    }

    /// y = y · x · factors
    /// - Parameter x: `[N, C]`, of the type of `y`.
    public static func multiply(_ y: Matrix, by x: Matrix, _ factors: Matrix) {
        precondition(x.rows == y.rows && x.columns == y.columns && x.type == y.type && factors.count == x.columns)
        parallelRanges(x.rows, grain: x.rowGrain) { rows in
            for row in rows {
                lathe_multiply_columns(x.row(row), factors.floatPointer, y.row(row), x.type.c, x.columns)
            }
        }
    }
}
