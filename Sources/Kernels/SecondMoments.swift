import COpenBLAS
public import Tensors

/// Sums over rows of what the columns of a matrix multiply to: how much each input of a layer weighs, and which go together.
/// Results depend on the rows and their cut into calls alone, not on threads.
public enum SecondMoments {
    /// Columns in one task.
    private static let grain = 192

    /// sums[j] += Σᵢ x[i, j]², rows in order; fp32 inside one call, double between calls.
    /// - Parameter x: `[N, C]`, fp32.
    public static func addSquares(of x: Matrix, to sums: UnsafeMutableBufferPointer<Double>) {
        precondition(sums.count == x.columns)
        let base = x.floatPointer
        parallelRanges(x.columns, grain: grain) { columns in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: columns.count) { partial in
                partial.initialize(repeating: 0)
                for row in 0..<x.rows {
                    let numbers = base + row * x.columns + columns.lowerBound
                    for index in 0..<columns.count { partial[index] += numbers[index] * numbers[index] }
                }
                for index in 0..<columns.count { sums[columns.lowerBound + index] += Double(partial[index]) }
            }
        }
    }

    /// sums += xᵀ·x: the lower triangle, and what of the upper lies in blocks on the diagonal.
    /// - Parameters:
    ///   - x: `[N, C]`, fp32.
    ///   - sums: `[C, C]`, fp32.
    public static func addProducts(of x: Matrix, to sums: Matrix) {
        precondition(sums.rows == x.columns && sums.columns == x.columns)
        guard x.count > 0 else { return }
        let from = x.floatPointer, to = sums.floatPointer, width = x.columns
        let blocks = (width + grain - 1) / grain
        let pairs = (0..<blocks).flatMap { row in (0...row).map { (row, $0) } }
        parallel(pairs.count) { index, _ in
            let (row, column) = (pairs[index].0 * grain, pairs[index].1 * grain)
            cblas_sgemm(
                CblasRowMajor, CblasTrans, CblasNoTrans, blasint(min(grain, width - row)),
                blasint(min(grain, width - column)), blasint(x.rows), 1, from + row, blasint(width), from + column,
                blasint(width), 1, to + row * width + column, blasint(width))
        }
    }
}
