// From logits to the next token. The same seed, sequence and step always give the same token.

import Kernels
import Tensors

/// How the next token is chosen.
///
/// Filters run in Hugging Face's order: temperature, top-k, top-p, min-p. A temperature of 0 is greedy: the most likely
/// token, the lowest id among equals.
public struct Sampler: Sendable {
    public var temperature: Double
    /// Only the k most likely; nil for all.
    public var topK: Int?
    /// Only the most likely tokens that together reach this probability; 1 for all.
    public var topP: Double
    /// Only tokens at least this fraction as likely as the most likely one; 0 for all.
    public var minP: Double
    private let random: RandomStream
    private let stream: UInt32

    /// - Parameter stream: tells sequences of one seed apart.
    public init(
        temperature: Double = 0, topK: Int? = nil, topP: Double = 1, minP: Double = 0, seed: UInt64 = 0,
        stream: UInt32 = 0
    ) {
        precondition(temperature >= 0 && topP > 0 && topP <= 1 && minP >= 0 && minP <= 1 && topK.map { $0 > 0 } ?? true)
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        random = RandomStream(seed: seed, purpose: .sampling)
        self.stream = stream
    }

    public static let greedy = Sampler()

    /// The token chosen at step `step`, nil if a logit is not a number or none is finite.
    public func token(logits: [Float], step: Int) -> Int32? {
        logits.withUnsafeBufferPointer { token(logits: $0, step: step) }
    }

    /// The token chosen at step `step`, nil if a logit is not a number or none is finite.
    public func token(logits: UnsafeBufferPointer<Float>, step: Int) -> Int32? {
        guard let best = Elements.firstLargest(logits) else { return nil }
        guard temperature > 0 else { return Int32(best) }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: logits.count) { weights in
            // The most likely token has weight 1.
            Elements.exponentials(logits, largest: logits[best], factor: Float(1 / temperature), into: weights)
            let candidates = self.candidates(UnsafeBufferPointer(weights))
            return choose(candidates.map { weights[$0] }, candidates, step: step)
        }
    }

    /// Ids that the filters leave: by falling weight where top-k or top-p look at the order, else by id.
    private func candidates(_ weights: UnsafeBufferPointer<Float>) -> [Int] {
        guard topK != nil || topP < 1 else {
            return weights.indices.filter { weights[$0] > 0 && isLikely(weights[$0]) }
        }
        var kept = leading(weights) { $0.count >= topK ?? 0 && (topK != nil || reaches($0, weights, weights.total)) }
        if let topK { kept.removeLast(max(0, kept.count - topK)) }
        if topP < 1 {
            let total = topK == nil ? weights.total : kept.reduce(0) { $0 + Double(weights[$1]) }
            var sum = 0.0
            if let last = kept.firstIndex(where: {
                sum += Double(weights[$0])
                return sum >= topP * total
            }) {
                kept.removeSubrange((last + 1)...)
            }
        }
        return kept.filter { isLikely(weights[$0]) }
    }

    private func isLikely(_ weight: Float) -> Bool { Double(weight) >= minP }

    private func reaches(_ ids: [Int], _ weights: UnsafeBufferPointer<Float>, _ total: Double) -> Bool {
        ids.reduce(0) { $0 + Double(weights[$1]) } >= topP * total
    }

    /// The heaviest ids, sorted, as many as `isEnough` asks for and some more, or all: few are worth sorting.
    private func leading(_ weights: UnsafeBufferPointer<Float>, isEnough: ([Int]) -> Bool) -> [Int] {
        var least: Float = 0.01
        while true {
            var ids = weights.indices.filter { weights[$0] > 0 && weights[$0] >= least }
            if least == 0 || isEnough(ids) {
                // Equal weights in the order of ids: nothing may hang on the sort's order.
                ids.sort { (weights[$0], $1) > (weights[$1], $0) }
                return ids
            }
            least = least > 1e-6 ? least * 0.01 : 0
        }
    }

    private func choose(_ weights: [Float], _ ids: [Int], step: Int) -> Int32? {
        let mark = random.uniform(stream: stream, index: UInt64(step)) * weights.reduce(0) { $0 + Double($1) }
        var sum = 0.0
        for (id, weight) in zip(ids, weights) {
            sum += Double(weight)
            if mark < sum { return Int32(id) }
        }
        return ids.last.map { Int32($0) }
    }
}

extension UnsafeBufferPointer<Float> {
    /// The sum, in double.
    fileprivate var total: Double { reduce(0) { $0 + Double($1) } }
}
