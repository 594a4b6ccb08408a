// From logits to the next token. The same seed, sequence and step always give the same token.

import Foundation
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
        guard let best = Self.mostLikely(logits) else { return nil }
        guard temperature > 0 else { return Int32(best) }
        // Equal logits in the order of ids: nothing may hang on the sort's order.
        var candidates = logits.indices.filter { logits[$0] > -.infinity }
        candidates.sort { (logits[$0], $1) > (logits[$1], $0) }
        if let topK { candidates = Array(candidates.prefix(topK)) }
        let largest = Double(logits[best])
        var weights = candidates.map { exp((Double(logits[$0]) - largest) / temperature) }
        keepNucleus(&weights)
        // The first candidate has weight 1, so min-p compares weights as they are.
        if minP > 0 { weights = Array(weights.prefix { $0 >= minP }) }
        let mark = random.uniform(stream: stream, index: UInt64(step)) * weights.reduce(0, +)
        var sum = 0.0
        for (candidate, weight) in zip(candidates, weights) {
            sum += weight
            if mark < sum { return Int32(candidate) }
        }
        return Int32(candidates[weights.count - 1])
    }

    private func keepNucleus(_ weights: inout [Double]) {
        guard topP < 1 else { return }
        let limit = topP * weights.reduce(0, +)
        var sum = 0.0
        for (index, weight) in weights.enumerated() {
            sum += weight
            if sum >= limit {
                weights.removeSubrange((index + 1)...)
                return
            }
        }
    }

    /// The lowest index of the largest logit; nil if there is a NaN, +∞ or nothing finite.
    private static func mostLikely(_ logits: [Float]) -> Int? {
        var best: Int?
        for (index, logit) in logits.enumerated() {
            guard logit < .infinity else { return nil }
            if logit > (best.map { logits[$0] } ?? -.infinity) { best = index }
        }
        return best
    }
}
