public import Tensors

/// Products of each row of one fp32 matrix with each row of another, number by number, so that (B₁·A₁) ∘ (B₂·A₂) is one product of
/// two factors; forward and backward.
public enum KhatriRao {
    /// result[i·s + j, n] = x[i, n] · y[j, n].
    /// - Parameters:
    ///   - x: `[r, n]`.
    ///   - y: `[s, n]`.
    ///   - result: `[r·s, n]`.
    public static func rows(_ x: Matrix, _ y: Matrix, into result: Matrix) {
        precondition(result.rows == x.rows * y.rows && result.columns == x.columns && x.columns == y.columns)
        let count = x.columns
        parallelRanges(result.rows, grain: result.rowGrain) { rows in
            for row in rows {
                let one = x.floatPointer + row / y.rows * count, other = y.floatPointer + row % y.rows * count
                let to = result.floatPointer + row * count
                for column in 0..<count { to[column] = one[column] * other[column] }
            }
        }
    }

    /// dx[i, n] += Σ_j gradient[i·s + j, n] · y[j, n], and dy likewise.
    public static func rowsBackward(_ gradient: Matrix, _ x: Matrix, _ y: Matrix, addedTo dx: Matrix, _ dy: Matrix) {
        let count = x.columns, (r, s) = (x.rows, y.rows)
        precondition(gradient.rows == r * s && gradient.columns == count)
        func add(_ pair: Int, _ other: UnsafeMutablePointer<Float>, to sum: UnsafeMutablePointer<Float>) {
            let from = gradient.floatPointer + pair * count
            for column in 0..<count { sum[column] += from[column] * other[column] }
        }
        parallelRanges(r + s, grain: 1) { tasks in
            for task in tasks {
                if task < r {
                    for j in 0..<s {
                        add(task * s + j, y.floatPointer + j * count, to: dx.floatPointer + task * count)
                    }
                } else {
                    let j = task - r
                    for i in 0..<r { add(i * s + j, x.floatPointer + i * count, to: dy.floatPointer + j * count) }
                }
            }
        }
    }

    /// result[n, i·s + j] = x[n, i] · y[n, j].
    public static func columns(_ x: Matrix, _ y: Matrix, into result: Matrix) {
        precondition(result.columns == x.columns * y.columns && result.rows == x.rows && x.rows == y.rows)
        parallelRanges(result.rows, grain: result.rowGrain) { rows in
            for row in rows {
                let one = x.floatPointer + row * x.columns, other = y.floatPointer + row * y.columns
                let to = result.floatPointer + row * result.columns
                for i in 0..<x.columns {
                    for j in 0..<y.columns { to[i * y.columns + j] = one[i] * other[j] }
                }
            }
        }
    }

    /// dx[n, i] += Σ_j gradient[n, i·s + j] · y[n, j], and dy likewise.
    public static func columnsBackward(
        _ gradient: Matrix, _ x: Matrix, _ y: Matrix, addedTo dx: Matrix, _ dy: Matrix
    ) {
        let s = y.columns
        precondition(gradient.columns == x.columns * s && gradient.rows == x.rows && x.rows == y.rows)
        parallelRanges(gradient.rows, grain: gradient.rowGrain) { rows in
            for row in rows {
                let from = gradient.floatPointer + row * gradient.columns
                let one = x.floatPointer + row * x.columns, other = y.floatPointer + row * s
                let (toOne, toOther) = (dx.floatPointer + row * x.columns, dy.floatPointer + row * s)
                for i in 0..<x.columns {
                    var sum: Float = 0
                    for j in 0..<s {
                        sum += from[i * s + j] * other[j]
                        toOther[j] += from[i * s + j] * one[i]
                    }
                    toOne[i] += sum
                }
            }
        }
    }
}
