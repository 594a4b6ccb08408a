// A distribution in a few tokens: its first choice as it is, the others drawn. After "Sparse Logit Sampling: Accelerating Knowledge
// Distillation in LLMs" (Anshumann et al., 2025), which draws from the whole distribution and keeps counts.

internal import Foundation
internal import Tensors

/// What is kept of one distribution.
///
/// The first choice stands with its own probability p₁. The other tokens are drawn from what is left, so that of m draws that hit
/// token j cⱼ times its share is (1 − p₁) · cⱼ / m. Draws end when one would be the first of a token too many, and that one is left
/// out; or after so many as the mass of the rest is worth. Either way what is kept says nothing of the order of the draws: the
/// first of them was token j with probability cⱼ / m. So the expectation of cⱼ / m is that of the first draw, the probability
/// itself, whatever ended the draws; and the shares sum to one.
package struct SampledDistribution: Equatable {
    /// The likeliest token.
    package var first: Int32
    package var firstLogProbability: Float
    /// log Σ exp(logit / temperature).
    var logSumExp: Float
    /// Other tokens, ascending.
    package var ids: [Int32] = []
    /// How often each was drawn.
    package var counts: [Int32] = []

    /// Draws for each token that may be kept, were the first choice worth nothing.
    static let drawsPerToken = 8

    /// - Parameters:
    ///   - tokens: how many others may be kept.
    ///   - random: gives a number in [0, 1) for each draw.
    package init(_ row: LogitRow, tokens: Int, random: @escaping (_ draw: Int) -> Double) {
        first = Int32(row.first)
        firstLogProbability = Float(row.firstLogProbability)
        logSumExp = Float(row.logSumExp)
        guard row.rest > 0 else { return }
        let worth = row.rest / (1 + row.rest) * Double(tokens * Self.drawsPerToken)
        let (ids, counts) = Self.counted(
            Draws(row, random: random, batch: tokens + tokens / 2 + 1), most: max(1, Int(worth.rounded(.up))),
            tokens: tokens)
        (self.ids, self.counts) = (ids, counts)
    }

    /// Draws until one is of a token too many, or `most` were made.
    private static func counted(_ draws: Draws, most: Int, tokens: Int) -> (ids: [Int32], counts: [Int32]) {
        var draws = draws
        var counts: [Int: Int32] = [:]
        for draw in 0..<most {
            let token = draws.token(draw, of: most)
            if counts[token] == nil, counts.count == tokens { break }
            counts[token, default: 0] += 1
        }
        let ids = counts.keys.sorted()
        return (ids.map { Int32($0) }, ids.map { counts[$0] ?? 0 })
    }

    /// Draws from a row, found some at once: they are looked for in the row's order.
    private struct Draws {
        private let row: LogitRow
        private let random: (Int) -> Double
        private let batch: Int
        private var found: [Int] = []

        package init(_ row: LogitRow, random: @escaping (Int) -> Double, batch: Int) {
            (self.row, self.random, self.batch) = (row, random, batch)
        }

        /// Draw number `draw` of at most `most`, asked for one after the other.
        mutating func token(_ draw: Int, of most: Int) -> Int {
            if draw == found.count {
                let shares = (draw..<min(draw + batch, most)).map(random)
                let order = shares.indices.sorted { (shares[$0], $0) < (shares[$1], $1) }
                let tokens = row.tokens(atAscending: order.map { shares[$0] })
                var inOrder = tokens
                for (place, index) in order.enumerated() { inOrder[index] = tokens[place] }
                found += inOrder
            }
            return found[draw]
        }
    }
}
