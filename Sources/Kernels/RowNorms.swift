import CKernels
public import Tensors

/// The lengths of a weight's rows.
public enum RowNorms {
    /// What is added to the weight: scale · b · a.
    public struct Addition {
        let b: Matrix
        let a: Matrix
        let scale: Float

        /// - Parameters:
        ///   - b: `[R, r]` fp32.
        ///   - a: `[r, C]` fp32.
        public init(b: Matrix, a: Matrix, scale: Float) {
            precondition(b.columns == a.rows)
            (self.b, self.a, self.scale) = (b, a, scale)
        }
    }

    /// Rows in one task, and those of it that are widened at a time.
    private static let grain = 32, few = 8

    /// ‖row‖ of each row of `matrix`, fp32.
    public static func norms(of matrix: Matrix) -> [Float] {
        [Float](unsafeUninitializedCapacity: matrix.rows) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            let norms = Matrix(pointer: UnsafeMutableRawPointer(start), rows: 1, columns: matrix.rows, type: .f32)
            compute(RowLayout(matrix), into: norms)
            count = matrix.rows
        }
    }

    /// ‖row‖ of `weight` `[R, C]`, or of weight + addition, in fp32, into `norms` `[1, R]`. The sum is never whole in memory.
    public static func compute(_ weight: RowLayout, plus addition: Addition? = nil, into norms: Matrix) {
        let columns = weight.columns, rank = addition?.a.rows ?? 0
        precondition(norms.count == weight.rows)
        precondition(addition.map { $0.b.rows == weight.rows && $0.a.columns == columns } ?? true)
        parallelRanges(weight.rows, grain: grain) { rows in
            let widened = lathe_scratch(1, few * columns * 4).assumingMemoryBound(to: Float.self)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: max(rank, 1)) { factors in
                for first in stride(from: rows.lowerBound, to: rows.upperBound, by: few) {
                    let part = first..<min(first + few, rows.upperBound)
                    weight.widen(part, into: widened, stride: columns, .f32)
                    for row in part {
                        for k in 0..<rank {
                            factors[k] = (addition?.scale ?? 0) * (addition?.b.floats[row * rank + k] ?? 0)
                        }
                        norms.floats[row] = lathe_row_norm(
                            widened + (row - first) * columns, factors.baseAddress, addition?.a.floatPointer, rank,
                            columns)
                    }
                }
            }
        }
    }
}
