// Rows cut into parts, each to be judged by what was learnt from the others.

internal import Tensors

/// Which part each row belongs to.
public struct Folds: Sendable {
    /// Of each row.
    public let fold: [Int]
    public let count: Int

    /// Cuts `rows` rows into `count` parts of even size, drawn by the seed; fewer parts where there are fewer rows.
    public init(rows: Int, count: Int, seed: UInt64) {
        self.count = max(1, min(count, rows))
        var fold = [Int](repeating: 0, count: rows)
        let order = RandomStream(seed: seed, purpose: .folds).permutation(of: rows, stream: 0)
        for (place, row) in order.enumerated() { fold[row] = place % self.count }
        self.fold = fold
    }
}
