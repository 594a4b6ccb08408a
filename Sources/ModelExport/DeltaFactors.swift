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

    /// r.
    var rank: Int {
        switch self {
        case .own(_, _, let rank): rank
        case .attached(let adapter): adapter.rank
        }
    }

    /// Copies of both.
    var numbers: (a: [Float], b: [Float]) {
        switch self {
        case .own(let a, let b, _): (a, b)
        case .attached(let adapter):
            adapter.withFactors { (Array($0.a.floats), Array($0.b.floats)) } ?? ([], [])
        }
    }

    /// Runs `body` on A and B as matrices, which it only reads; not where there are none.
    func withMatrices(_ body: (_ a: Matrix, _ b: Matrix) -> Void) {
        switch self {
        case .attached(let adapter): withExtendedLifetime(adapter) { _ = adapter.withFactors { body($0.a, $0.b) } }
        case .own(let a, let b, let rank):
            a.withUnsafeBytes { aBytes in
                b.withUnsafeBytes { bBytes in
                    guard rank > 0, let first = aBytes.baseAddress, let second = bBytes.baseAddress else { return }
                    func matrix(_ numbers: UnsafeRawPointer, _ rows: Int, _ columns: Int) -> Matrix {
                        Matrix(
                            pointer: UnsafeMutableRawPointer(mutating: numbers), rows: rows, columns: columns,
                            type: .f32)
                    }
                    body(matrix(first, rank, a.count / rank), matrix(second, b.count / rank, rank))
                }
            }
        }
    }
}
