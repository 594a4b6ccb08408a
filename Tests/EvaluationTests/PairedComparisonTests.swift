import Evaluation
import TestSupport
import Tensors
import Testing

@Suite struct PairedComparisons {
    /// Rows whose losses a target are drawn around 2, with 5 to 44 targets each.
    private func rows(_ count: Int, seed: UInt64, shift: Double, noise: Double) -> (HeldOutScores, HeldOutScores) {
        let random = RandomStream(seed: seed, purpose: .probe)
        var base: [RowScore] = []
        var adapter: [RowScore] = []
        for row in 0..<count {
            let targets = 5 + random.integer(below: 40, stream: 0, index: UInt64(row))
            let loss = 2 + random.uniform(stream: 1, index: UInt64(row))
            // Uniform noise has mean 0 a target, whatever the row's length, so the true difference is `shift`.
            let change = shift + noise * (2 * random.uniform(stream: 2, index: UInt64(row)) - 1)
            base.append(RowScore(lossSum: loss * Double(targets), targetCount: targets))
            adapter.append(RowScore(lossSum: (loss + change) * Double(targets), targetCount: targets))
        }
        return (HeldOutScores(rows: base, correctCount: 0), HeldOutScores(rows: adapter, correctCount: 0))
    }

    @Test func corpusLossIsARatioOfSums() {
        let scores = HeldOutScores(
            rows: [RowScore(lossSum: 9, targetCount: 9), RowScore(lossSum: 5, targetCount: 1)], correctCount: 4)
        #expect(scores.loss == 1.4)
        #expect(scores.tokenAccuracy == 0.4)
        #expect(abs((scores.perplexity ?? 0) - 4.0551999668) < 1e-9)
        #expect(HeldOutScores(rows: [], correctCount: 0).loss == nil)
    }

    @Test func anAdapterThatDoesNothingIsNoDifference() {
        let (base, _) = rows(30, seed: 1, shift: 0, noise: 0)
        let comparison = PairedComparison(base: base, adapter: base, seed: 3)
        #expect(comparison.ci95 == 0...0)
        #expect(comparison.verdict == .noDifference)
    }

    @Test func clearDifferencesHaveAVerdict() {
        let (base, better) = rows(60, seed: 1, shift: -0.1, noise: 0.1)
        #expect(PairedComparison(base: base, adapter: better, seed: 3).verdict == .better)
        #expect(PairedComparison(base: better, adapter: base, seed: 3).verdict == .worse)
    }

    @Test func aSingleRowHasNoInterval() {
        let (base, better) = rows(1, seed: 1, shift: -1, noise: 0)
        let comparison = PairedComparison(base: base, adapter: better, seed: 3)
        #expect(comparison.ci95 == nil)
        #expect(comparison.verdict == .noDifference)
    }

    @Test func aNonFiniteLossHasNoVerdict() {
        let (base, _) = rows(5, seed: 1, shift: 0, noise: 0)
        let broken = HeldOutScores(
            rows: base.rows.map { RowScore(lossSum: .nan, targetCount: $0.targetCount) }, correctCount: 0)
        let comparison = PairedComparison(base: base, adapter: broken, seed: 3)
        #expect(comparison.ci95 == nil)
        #expect(comparison.verdict == .noDifference)
    }

    @Test func theSameSeedGivesTheSameInterval() {
        let (base, other) = rows(20, seed: 1, shift: 0, noise: 1)
        #expect(
            PairedComparison(base: base, adapter: other, seed: 3)
                == PairedComparison(base: base, adapter: other, seed: 3))
        #expect(
            PairedComparison(base: base, adapter: other, seed: 3)
                != PairedComparison(base: base, adapter: other, seed: 4))
    }

    /// A thousand experiments in which the adapter changes rows at random but nothing on average.
    @Test func noiseIsCalledNoDifferenceAndTheIntervalCovers() {
        var noDifference = 0
        var covered = 0
        let shift = 0.05
        for experiment in 0..<1_000 {
            let (base, noisy) = rows(80, seed: UInt64(experiment), shift: 0, noise: 0.3)
            let comparison = PairedComparison(base: base, adapter: noisy, seed: 11, sampleCount: 400)
            if comparison.verdict == .noDifference { noDifference += 1 }
            let (_, shifted) = rows(80, seed: UInt64(experiment), shift: shift, noise: 0.3)
            let second = PairedComparison(base: base, adapter: shifted, seed: 12, sampleCount: 400)
            if second.ci95?.contains(shift) == true { covered += 1 }
        }
        #expect(noDifference >= 930 && noDifference <= 970, "\(noDifference) of 1000")
        #expect(covered >= 930 && covered <= 970, "\(covered) of 1000")
    }
}
