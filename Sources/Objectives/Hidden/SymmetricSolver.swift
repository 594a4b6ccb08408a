// Systems of linear equations that fits of least squares come to.

/// Systems of equations with a symmetric, positive definite matrix, by Cholesky's factors, in double.
public enum SymmetricSolver {
    /// `matrix` `[size, size]`, of which the lower triangle is read, becomes its factor, `right` `[size, columns]` the solution.
    public static func solve(_ matrix: inout [Double], size: Int, _ right: inout [Double], columns: Int) {
        precondition(matrix.count == size * size && right.count == size * columns)
        matrix.withUnsafeMutableBufferPointer { matrix in
            right.withUnsafeMutableBufferPointer { right in
                factor(matrix, size)
                for row in 0..<size {
                    for earlier in 0..<row { subtract(right, earlier, matrix[row * size + earlier], row, columns) }
                    divide(right, row, matrix[row * (size + 1)], columns)
                }
                for row in (0..<size).reversed() {
                    for later in row + 1..<size { subtract(right, later, matrix[later * size + row], row, columns) }
                    divide(right, row, matrix[row * (size + 1)], columns)
                }
            }
        }
    }

    /// The lower triangle becomes L with L·Lᵀ = matrix.
    private static func factor(_ matrix: UnsafeMutableBufferPointer<Double>, _ size: Int) {
        for row in 0..<size {
            for column in 0...row {
                var sum = matrix[row * size + column]
                for place in 0..<column { sum -= matrix[row * size + place] * matrix[column * size + place] }
                matrix[row * size + column] =
                    row == column ? max(sum, .leastNormalMagnitude).squareRoot() : sum / matrix[column * (size + 1)]
            }
        }
    }

    private static func subtract(
        _ rows: UnsafeMutableBufferPointer<Double>, _ from: Int, _ factor: Double, _ to: Int, _ columns: Int
    ) {
        for column in 0..<columns { rows[to * columns + column] -= factor * rows[from * columns + column] }
    }

    private static func divide(
        _ rows: UnsafeMutableBufferPointer<Double>, _ row: Int, _ divisor: Double, _ columns: Int
    ) {
        for column in 0..<columns { rows[row * columns + column] /= divisor }
    }
}
