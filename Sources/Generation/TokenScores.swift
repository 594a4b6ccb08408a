// How likely a token was, and which ones were likeliest in its place.

import Foundation
import Kernels

/// Log-probabilities of the model itself, before temperature, rules and filters.
public struct TokenScores: Sendable, Equatable {
    /// Of the token that was chosen.
    public let logProb: Float
    /// The likeliest, the first the likeliest; of equal ones the lowest id first.
    public let top: [Candidate]

    public struct Candidate: Sendable, Equatable {
        public let id: Int32
        public let logProb: Float
    }

    /// - Parameters:
    ///   - logits: `[V]`, one finite at least.
    ///   - count: how many of the likeliest are wanted.
    init(of id: Int32, in logits: UnsafeBufferPointer<Float>, top count: Int) {
        guard let best = Elements.firstLargest(logits) else { preconditionFailure("no logit is finite") }
        let largest = logits[best]
        let sum = withUnsafeTemporaryAllocation(of: Float.self, capacity: logits.count) { weights in
            Elements.exponentials(logits, largest: largest, factor: 1, into: weights)
            return weights.reduce(0) { $0 + Double($1) }
        }
        let logSum = Double(largest) + log(sum)
        func logProb(_ id: Int) -> Float { Float(Double(logits[id]) - logSum) }
        self.logProb = logProb(Int(id))
        top = Self.largest(min(count, logits.count), of: logits).map {
            Candidate(id: Int32($0), logProb: logProb($0))
        }
    }

    /// The places of the `count` largest, in falling order.
    private static func largest(_ count: Int, of logits: UnsafeBufferPointer<Float>) -> [Int] {
        guard count > 0 else { return [] }
        func isBefore(_ a: Int, _ b: Int) -> Bool { (logits[a], b) > (logits[b], a) }
        guard count < 64 else { return Array(logits.indices.sorted(by: isBefore).prefix(count)) }
        var found: [Int] = []
        for id in logits.indices {
            if found.count == count, logits[found[count - 1]] >= logits[id] { continue }
            let place = found.firstIndex { logits[$0] < logits[id] } ?? found.count
            found.insert(id, at: place)
            if found.count > count { found.removeLast() }
        }
        return found
    }
}
