// What is drawn of a distribution, over many draws: its expectation is the distribution.

import Distillation
import Foundation
import Tensors
import Testing

@Suite struct SampledDistributionTests {
    private static func draw(_ row: LogitRow, tokens: Int, trial: Int) -> SampledDistribution {
        let stream = RandomStream(seed: 7, purpose: .probe)
        return SampledDistribution(row, tokens: tokens) { draw in
            stream.uniform(stream: UInt32(trial), index: UInt64(draw))
        }
    }

    /// Of each token its share.
    private static func shares(_ kept: SampledDistribution, vocabulary: Int) -> [Double] {
        var shares = [Double](repeating: 0, count: vocabulary)
        let drawn = Double(kept.counts.reduce(0, +))
        shares[Int(kept.first)] = kept.ids.isEmpty ? 1 : exp(Double(kept.firstLogProbability))
        for (id, count) in zip(kept.ids, kept.counts) {
            shares[Int(id)] += -expm1(Double(kept.firstLogProbability)) * Double(count) / drawn
        }
        return shares
    }

    /// Logits of some shapes over 130 tokens: three blocks, the last of two.
    private static let shapes: [(name: String, logits: [Float])] = [
        ("flat", TestRows.random(130, size: 0.2)),
        ("steep", (0..<130).map { -1.2 * log(Float($0 * 37 % 130 + 1)) }),
        ("sure", (0..<130).map { $0 == 66 ? 5 : -Float($0 % 7) }),
        ("few", (0..<130).map { $0 % 40 == 3 ? Float($0) / 50 : -30 }),
    ]

    /// The mean of each token's share lies within what its own scatter allows of its probability; the squares of these distances
    /// together too.
    @Test(arguments: [0, 1, 2, 3], [1, 2, 5, 12]) func theExpectationIsTheDistribution(shape: Int, tokens: Int) throws {
        let (name, logits) = Self.shapes[shape]
        let rows = TestRows([logits])
        let expected = rows.logProbabilities().map { exp($0) }
        let first = try #require(rows.with { $0.first })
        let trials = 4000
        var sums = [Double](repeating: 0, count: logits.count), squares = sums
        for trial in 0..<trials {
            let kept = try #require(rows.with { Self.draw($0, tokens: tokens, trial: trial) })
            let shares = Self.shares(kept, vocabulary: logits.count)
            #expect(kept.ids.count <= tokens && Set(kept.ids).count == kept.ids.count)
            #expect(!kept.ids.contains(kept.first) && kept.counts.allSatisfy { $0 > 0 })
            #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
            for (token, share) in shares.enumerated() {
                sums[token] += share
                squares[token] += share * share
            }
        }
        var chiSquare = 0.0, tested = 0
        for token in expected.indices where token != first {
            let mean = sums[token] / Double(trials)
            let variance = squares[token] / Double(trials) - mean * mean
            // A token that is drawn a few times in all has no scatter to speak of.
            guard expected[token] * Double(trials) > 30 * (1 - expected[first]) else { continue }
            let distance = (mean - expected[token]) / (variance / Double(trials)).squareRoot()
            #expect(abs(distance) < 4.5, "\(name), \(tokens): token \(token), \(mean) for \(expected[token])")
            chiSquare += distance * distance
            tested += 1
        }
        // Five standard deviations of a sum of so many squares, of which few depend on each other.
        #expect(
            tested >= 3 && chiSquare < Double(tested) + 5 * (2 * Double(tested)).squareRoot(), "\(name): \(chiSquare)")
        #expect(abs(sums[first] / Double(trials) - expected[first]) < 1e-6)
    }

    @Test func aSureTokenTakesLittle() throws {
        let (_, logits) = Self.shapes[2]
        func kept(_ mostLikely: Float) throws -> Int {
            var logits = logits
            logits[66] = mostLikely
            return try #require(
                TestRows([logits]).with { row in
                    (0..<100).reduce(0) { $0 + Self.draw(row, tokens: 12, trial: $1).ids.count }
                })
        }
        // One other token where the first choice is all but sure, all that may be kept where it is not.
        #expect(try kept(10) == 100)
        #expect((1000..<1200).contains(try kept(5)))
        #expect(try kept(2) == 1200)
        // Nothing is beside it at all.
        let alone = try #require(
            TestRows([[200, -200, -200]]).with { SampledDistribution($0, tokens: 12, random: { _ in 0.5 }) })
        #expect(alone.ids.isEmpty && alone.first == 0 && alone.firstLogProbability == 0)
    }

    /// The ends of what a draw may be are tokens, and never the first choice.
    @Test func theEndsOfADrawAreTokens() {
        for (name, logits) in Self.shapes {
            let isRow: Void? = TestRows([logits]).with { row in
                for share in [0, 1 - 0x1p-53] {
                    let token = row.tokens(atAscending: [share])[0]
                    #expect((0..<130).contains(token) && token != row.first, "\(name)")
                    #expect(row.logProbabilities()[token] > -100)
                }
            }
            #expect(isRow != nil)
        }
    }
}
