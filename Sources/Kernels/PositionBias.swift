import Foundation
public import Tensors

/// What attention adds to a score by the distance from the query's position to the key's, for each head. Frozen.
public struct PositionBias: Sendable {
    /// H.
    public let heads: Int
    /// P: distances from −(P − 1) to P − 1 are known.
    public let positions: Int
    /// `[H, 2P − 1]`: number P − 1 + d is that of a key d places after the query.
    private let numbers: [Float]

    /// T5's: near distances have a bucket each, far ones share some, and a table says what a bucket adds.
    ///
    /// - Parameters:
    ///   - table: `[buckets, H]` fp32.
    ///   - farthest: the distance from which on all are in the last bucket (`relative_attention_max_distance`).
    ///   - mask: whether keys after the query have buckets of their own; where they are not seen all buckets are for those
    ///     before it.
    public init(buckets table: Matrix, farthest: Int, mask: AttentionMask, positions: Int) {
        let (buckets, heads) = (table.rows, table.columns), values = table.floats
        let rows = Self.distances(positions).map {
            Self.bucket(of: $0, of: buckets, farthest: farthest, isBothWays: mask == .bidirectional)
        }
        self.init(heads: heads, positions: positions) { head, index in values[rows[index] * heads + head] }
    }

    /// ALiBi: a key at distance d adds −slope·|d|.
    public init(slopes: [Float], positions: Int) {
        let distances = Array(Self.distances(positions))
        self.init(heads: slopes.count, positions: positions) { head, index in
            -slopes[head] * Float(abs(distances[index]))
        }
    }

    private init(heads: Int, positions: Int, _ number: (_ head: Int, _ index: Int) -> Float) {
        precondition(heads > 0 && positions > 0)
        self.heads = heads
        self.positions = positions
        numbers = (0..<heads).flatMap { head in (0..<2 * positions - 1).map { number(head, $0) } }
    }

    private static func distances(_ positions: Int) -> ClosedRange<Int> { -(positions - 1)...positions - 1 }

    /// The bucket of a key `distance` places after the query: the first half of them has a distance each, the others share
    /// what is left up to `farthest` in equal ratios.
    static func bucket(of distance: Int, of buckets: Int, farthest: Int, isBothWays: Bool) -> Int {
        let count = isBothWays ? buckets / 2 : buckets
        let first = isBothWays && distance > 0 ? count : 0
        let size = isBothWays ? abs(distance) : max(-distance, 0)
        let exact = count / 2
        guard size >= exact else { return first + size }
        // In fp32, as the reference has it: where a ratio meets the edge of a bucket, rounding decides.
        let ratio = Foundation.log(Float(size) / Float(exact)) / Float(Foundation.log(Double(farthest) / Double(exact)))
        return first + min(exact + Int(ratio * Float(count - exact)), count - 1)
    }

    /// What is added in head `head` to the score of a key `distance` places after the query.
    public subscript(head head: Int, distance distance: Int) -> Float {
        precondition((0..<heads).contains(head) && abs(distance) < positions)
        return numbers[head * stride + positions - 1 + distance]
    }

    /// Numbers from one head's to the next one's.
    var stride: Int { 2 * positions - 1 }

    /// Gives `body` where head `head` has its number of distance 0.
    func withNumbers(head: Int, _ body: (UnsafePointer<Float>) -> Void) {
        numbers.withUnsafeBufferPointer { numbers in
            if let base = numbers.baseAddress { body(base + head * stride + positions - 1) }
        }
    }
}
