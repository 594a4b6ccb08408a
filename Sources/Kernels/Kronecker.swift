public import Tensors

/// Kronecker products of fp32 matrices, forward and backward. A side that is the identity is given by its size, and has no gradient.
public enum Kronecker {
    /// One side of a product.
    public enum Side {
        case matrix(Matrix)
        case identity(Int)

        public var rows: Int {
            switch self {
            case .matrix(let matrix): matrix.rows
            case .identity(let size): size
            }
        }
        public var columns: Int {
            switch self {
            case .matrix(let matrix): matrix.columns
            case .identity(let size): size
            }
        }

        @inline(__always) fileprivate subscript(row: Int, column: Int) -> Float {
            switch self {
            case .matrix(let matrix): matrix.floatPointer[row * matrix.columns + column]
            case .identity: row == column ? 1 : 0
            }
        }
    }

    /// result[a·k + p, c·n + q] = x[a, c] · y[p, q], y of k rows and n columns.
    public static func product(_ x: Side, _ y: Side, into result: Matrix) {
        let (k, n) = (y.rows, y.columns)
        precondition(result.rows == x.rows * k && result.columns == x.columns * n && result.type == .f32)
        parallelRanges(result.rows, grain: result.rowGrain) { rows in
            for row in rows {
                let to = result.floatPointer + row * result.columns, (a, p) = (row / k, row % k)
                for c in 0..<x.columns {
                    let factor = x[a, c]
                    for q in 0..<n { to[c * n + q] = factor == 0 ? 0 : factor * y[p, q] }
                }
            }
        }
    }

    /// dx[a, c] += Σ gradient[a·k + p, c·n + q] · y[p, q] over p and q, and dy likewise; nil: nobody asks for it.
    public static func backward(_ gradient: Matrix, _ x: Side, _ y: Side, addedTo dx: Matrix?, _ dy: Matrix?) {
        let (k, n) = (y.rows, y.columns), width = gradient.columns
        precondition(gradient.rows == x.rows * k && width == x.columns * n)
        if let dx {
            parallelRanges(x.rows, grain: 1) { rows in
                for a in rows {
                    for p in 0..<k {
                        let from = gradient.floatPointer + (a * k + p) * width
                        for c in 0..<x.columns {
                            var sum: Float = 0
                            for q in 0..<n { sum += from[c * n + q] * y[p, q] }
                            dx.floatPointer[a * x.columns + c] += sum
                        }
                    }
                }
            }
        }
        guard let dy else { return }
        parallelRanges(k, grain: 1) { rows in
            for p in rows {
                for a in 0..<x.rows {
                    let from = gradient.floatPointer + (a * k + p) * width
                    for c in 0..<x.columns {
                        let factor = x[a, c]
                        if factor == 0 { continue }
                        for q in 0..<n { dy.floatPointer[p * n + q] += factor * from[c * n + q] }
                    }
                }
            }
        }
    }
}
