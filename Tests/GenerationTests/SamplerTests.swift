// Choosing tokens: filters by hand-computed cases, draws by their frequencies.

import Generation
import Testing

@Suite struct SamplerTests {
    /// Probabilities 0.5, 0.25, 0.125, 0.125 with ids out of order.
    private let logits: [Float] = [-2.0794415, -0.6931472, -1.3862944, -2.0794415]

    private func seen(_ sampler: Sampler, draws: Int = 400) -> [Int32: Int] {
        (0..<draws).reduce(into: [:]) { counts, step in
            if let token = sampler.token(logits: logits, step: step) { counts[token, default: 0] += 1 }
        }
    }

    @Test func greedyTakesTheLowestIdAmongEquals() {
        #expect(Sampler.greedy.token(logits: [1, 3, 3, 2], step: 0) == 1)
        #expect(Sampler.greedy.token(logits: [-.infinity, -5], step: 9) == 1)
    }

    @Test func notANumberGivesNoToken() {
        for bad in [Float.nan, .infinity] {
            #expect(Sampler.greedy.token(logits: [1, bad, 2], step: 0) == nil)
            #expect(Sampler(temperature: 1).token(logits: [1, bad, 2], step: 0) == nil)
        }
        #expect(Sampler(temperature: 1).token(logits: [-.infinity], step: 0) == nil)
    }

    @Test func filtersKeepWhatTheyShould() {
        #expect(Set(seen(Sampler(temperature: 1)).keys) == [0, 1, 2, 3])
        #expect(Set(seen(Sampler(temperature: 1, topK: 2)).keys) == [1, 2])
        // Of the two equals the lower id comes first.
        #expect(Set(seen(Sampler(temperature: 1, topK: 3)).keys) == [0, 1, 2])
        #expect(Set(seen(Sampler(temperature: 1, topP: 0.7)).keys) == [1, 2])
        #expect(Set(seen(Sampler(temperature: 1, topP: 0.4)).keys) == [1])
        #expect(Set(seen(Sampler(temperature: 1, minP: 0.4)).keys) == [1, 2])
    }

    @Test func drawsFollowTheProbabilitiesAndTheSeed() {
        let counts = seen(Sampler(temperature: 1, seed: 4), draws: 4_000)
        #expect(abs(Double(counts[1] ?? 0) / 4_000 - 0.5) < 0.04)
        #expect(abs(Double(counts[2] ?? 0) / 4_000 - 0.25) < 0.04)
        let sharp = seen(Sampler(temperature: 0.25, seed: 4), draws: 4_000)
        #expect(abs(Double(sharp[1] ?? 0) / 4_000 - 0.934) < 0.02)
        func run(_ seed: UInt64) -> [Int32?] {
            (0..<40).map { Sampler(temperature: 1, seed: seed).token(logits: logits, step: $0) }
        }
        #expect(run(1) == run(1))
        #expect(run(1) != run(2))
    }
}
