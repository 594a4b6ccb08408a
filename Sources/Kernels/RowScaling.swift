public import Tensors

/// A factor for each row of an fp32 matrix, forward and backward. What is scaled may be the upper left part of a larger matrix.
public enum RowScaling {
    /// result[i, j] = factors[i] · x[i, j].
    /// - Parameters:
    ///   - x: at least of the size of `result`.
    ///   - factors: as many numbers as `result` has rows.
    public static func scale(_ x: Matrix, by factors: Matrix, into result: Matrix) {
        require(x, factors, result)
        parallelRanges(result.rows, grain: result.rowGrain) { rows in
            for row in rows {
                let from = x.floatPointer + row * x.columns, to = result.floatPointer + row * result.columns
                let factor = factors.floatPointer[row]
                for column in 0..<result.columns { to[column] = factor * from[column] }
            }
        }
    }

    /// sum[i, j] += factors[i] · x[i, j], all of one size.
    public static func addScaled(_ x: Matrix, by factors: Matrix, to sum: Matrix) {
        require(x, factors, sum)
        parallelRanges(sum.rows, grain: sum.rowGrain) { rows in
            for row in rows {
                let from = x.floatPointer + row * x.columns, to = sum.floatPointer + row * sum.columns
                let factor = factors.floatPointer[row]
                for column in 0..<sum.columns { to[column] += factor * from[column] }
            }
        }
    }

    /// sums[i] += Σ_j x[i, j] · gradient[i, j]: the gradient of the factors that scaled x.
    public static func addDots(_ x: Matrix, _ gradient: Matrix, to sums: Matrix) {
        require(x, sums, gradient)
        parallelRanges(gradient.rows, grain: gradient.rowGrain) { rows in
            for row in rows {
                let one = x.floatPointer + row * x.columns, other = gradient.floatPointer + row * gradient.columns
                var sum: Float = 0
                for column in 0..<gradient.columns { sum += one[column] * other[column] }
                sums.floatPointer[row] += sum
            }
        }
    }

    private static func require(_ x: Matrix, _ factors: Matrix, _ part: Matrix) {
        precondition(x.rows >= part.rows && x.columns >= part.columns && factors.count == part.rows)
        precondition([x, factors, part].allSatisfy { $0.type == .f32 })
    }
}
