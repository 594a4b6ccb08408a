// The factors of a delta: numbers of its own, or those of an attached adapter, of which a large model's would be many to copy.

internal import Models
internal import Tensors

/// A and B of one delta.
///
/// Those of an adapter are read where they stand, which is why nobody may train it meanwhile.
enum DeltaFactors: @unchecked Sendable {
    /// Row-major, A `[r, …]` and B `[…, r]`.
    case own(a: [Float], b: [Float], rank: Int)
    case attached(LowRankAdapter)

    /// r, and the numbers in a row of A and in a column of B.
    var sizes: (rank: Int, columns: Int, rows: Int) {
        switch self {
        case .own(let a, let b, let rank): (rank, rank > 0 ? a.count / rank : 0, rank > 0 ? b.count / rank : 0)
        case .attached(let adapter): (adapter.rank, adapter.a.columns, adapter.b.rows)
        }
    }

    /// Copies of both.
    var numbers: (a: [Float], b: [Float]) {
        switch self {
        case .own(let a, let b, _): (a, b)
        case .attached(let adapter): (Array(adapter.a.floats), Array(adapter.b.floats))
        }
    }

    /// Runs `body` on A and B as matrices, which it only reads; not where one is empty.
    func withMatrices(_ body: (_ a: Matrix, _ b: Matrix) -> Void) {
        switch self {
        case .attached(let adapter): withExtendedLifetime(adapter) { body(adapter.a, adapter.b) }
        case .own(let a, let b, _):
            let sizes = sizes
            a.withUnsafeBytes { aBytes in
                b.withUnsafeBytes { bBytes in
                    guard let a = aBytes.baseAddress, let b = bBytes.baseAddress else { return }
                    func matrix(_ numbers: UnsafeRawPointer, _ rows: Int, _ columns: Int) -> Matrix {
                        Matrix(
                            pointer: UnsafeMutableRawPointer(mutating: numbers), rows: rows, columns: columns,
                            type: .f32)
                    }
                    body(matrix(a, sizes.rank, sizes.columns), matrix(b, sizes.rows, sizes.rank))
                }
            }
        }
    }
}
