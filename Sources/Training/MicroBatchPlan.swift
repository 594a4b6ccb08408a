// How the examples of one optimiser step are cut into micro-batches that fit the memory.

/// The cut of one step: consecutive examples, as many as fit `rowLimit` token rows.
///
/// The order is kept, so a plan is a function of lengths and limit alone; the gradient does not depend on it beyond rounding.
public struct MicroBatchPlan: Sendable, Equatable {
    /// Index ranges into the step's examples, in order and without gaps.
    public let ranges: [Range<Int>]

    /// An example longer than `rowLimit` stands alone: whether it fits the memory was decided when the limit was.
    public init(lengths: [Int], rowLimit: Int) {
        precondition(rowLimit > 0)
        var ranges: [Range<Int>] = []
        var start = 0
        var rows = 0
        for (index, length) in lengths.enumerated() {
            if index > start, rows + length > rowLimit {
                ranges.append(start..<index)
                start = index
                rows = 0
            }
            rows += length
        }
        if start < lengths.count { ranges.append(start..<lengths.count) }
        self.ranges = ranges
    }
}
