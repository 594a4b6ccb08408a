// Rows of logits from two models, compared one part of the vocabulary after the other: whole rows are never in memory.

/// What is known of some rows' logits after the parts of the vocabulary seen so far.
public struct LogitRows: Sendable {
    /// One row of both models.
    struct Row: Sendable {
        var best = (left: -Float.infinity, right: -Float.infinity)
        var top = (left: -1, right: -2)
        var sum = 0.0
        var squares = 0.0
        var differences = 0.0
        var squaredDifferences = 0.0
        var largestDifference = 0.0
        var count = 0

        mutating func add(_ left: UnsafeBufferPointer<Float>, _ right: UnsafeBufferPointer<Float>, firstToken: Int) {
            count += left.count
            for (index, (a, b)) in zip(left, right).enumerated() {
                let difference = abs(Double(a) - Double(b))
                // NaN fails: it must not hide behind max.
                largestDifference = difference.isFinite ? max(largestDifference, difference) : .infinity
                differences += difference.isFinite ? difference : .infinity
                squaredDifferences += difference.isFinite ? difference * difference : .infinity
                sum += Double(a)
                squares += Double(a) * Double(a)
                if a > best.left { (best.left, top.left) = (a, firstToken + index) }
                if b > best.right { (best.right, top.right) = (b, firstToken + index) }
            }
        }
    }

    private(set) var rows: [Row]

    /// `count` rows of which nothing is known yet.
    public init(count: Int) { rows = Array(repeating: Row(), count: count) }

    /// Adds the logits of the next `width` tokens, of all rows one after the other, from both models.
    /// - Parameter firstToken: the number of the part's first token.
    public mutating func add(
        adapter: UnsafeBufferPointer<Float>, merged: UnsafeBufferPointer<Float>, width: Int, firstToken: Int
    ) {
        precondition(adapter.count == rows.count * width && merged.count == adapter.count)
        for row in rows.indices {
            let range = (row * width)..<((row + 1) * width)
            rows[row].add(
                UnsafeBufferPointer(rebasing: adapter[range]), UnsafeBufferPointer(rebasing: merged[range]),
                firstToken: firstToken)
        }
    }
}
