import Evaluation
import Objectives
import TestSupport
import Tensors
import Testing

@Suite struct PairedComparisons {
    /// Rows whose losses a target are drawn around 2, with 5 to 44 targets each.
    private func rows(_ count: Int, seed: UInt64, shift: Double, noise: Double) -> (HeldOutScores, HeldOutScores) {
        let random = RandomStream(seed: seed, purpose: .probe)
        var base: [NamedSums] = []
        var adapter: [NamedSums] = []
        for row in 0..<count {
            let targets = 5 + random.integer(below: 40, stream: 0, index: UInt64(row))
            let loss = 2 + random.uniform(stream: 1, index: UInt64(row))
            // Uniform noise has mean 0 a target, whatever the row's length, so the true difference is `shift`.
            let change = shift + noise * (2 * random.uniform(stream: 2, index: UInt64(row)) - 1)
            base.append(NamedSums(loss: loss * Double(targets), weight: targets))
            adapter.append(NamedSums(loss: (loss + change) * Double(targets), weight: targets))
        }
        return (HeldOutScores(rows: base), HeldOutScores(rows: adapter))
    }

    private func compare(_ base: HeldOutScores, _ adapter: HeldOutScores, seed: UInt64, samples: Int = 2_000)
        -> PairedComparison
    {
        PairedComparison(base: .loss(base), adapter: .loss(adapter), seed: seed, sampleCount: samples)
    }

    @Test func corpusLossIsARatioOfSums() {
        let scores = HeldOutScores(
            rows: [
                NamedSums(loss: 9, weight: 9, ["token_accuracy": 3]),
                NamedSums(loss: 5, weight: 1, ["token_accuracy": 1]),
            ])
        #expect(scores.loss == 1.4)
        let measures = CrossEntropyObjective().measures
        #expect(measures.map(\.name) == ["perplexity", "token_accuracy"])
        #expect(abs((measures[0].value(scores.total) ?? 0) - 4.0551999668) < 1e-9)
        #expect(measures[1].value(scores.total) == 0.4)
        #expect(HeldOutScores(rows: []).loss == nil)
    }

    @Test func anAdapterThatDoesNothingIsNoDifference() {
        let (base, _) = rows(30, seed: 1, shift: 0, noise: 0)
        let comparison = compare(base, base, seed: 3)
        #expect(comparison.ci95 == 0...0)
        #expect(comparison.verdict == .noDifference)
    }

    @Test func clearDifferencesHaveAVerdict() {
        let (base, better) = rows(60, seed: 1, shift: -0.1, noise: 0.1)
        #expect(compare(base, better, seed: 3).verdict == .better)
        #expect(compare(better, base, seed: 3).verdict == .worse)
    }

    @Test func aSingleRowHasNoInterval() {
        let (base, better) = rows(1, seed: 1, shift: -1, noise: 0)
        let comparison = compare(base, better, seed: 3)
        #expect(comparison.ci95 == nil)
        #expect(comparison.verdict == nil)
    }

    @Test func aNonFiniteLossHasNoVerdict() {
        let (base, _) = rows(5, seed: 1, shift: 0, noise: 0)
        let broken = HeldOutScores(
            rows: base.rows.map { NamedSums(loss: .nan, weight: $0.weight) })
        let comparison = compare(base, broken, seed: 3)
        #expect(comparison.ci95 == nil)
        #expect(comparison.verdict == nil)
    }

    @Test func theSameSeedGivesTheSameInterval() {
        let (base, other) = rows(20, seed: 1, shift: 0, noise: 1)
        #expect(
            compare(base, other, seed: 3)
                == compare(base, other, seed: 3))
        #expect(
            compare(base, other, seed: 3)
                != compare(base, other, seed: 4))
    }

    /// A thousand experiments in which the adapter changes rows at random but nothing on average.
    @Test func noiseIsCalledNoDifferenceAndTheIntervalCovers() {
        var noDifference = 0
        var covered = 0
        let shift = 0.05
        for experiment in 0..<1_000 {
            let (base, noisy) = rows(80, seed: UInt64(experiment), shift: 0, noise: 0.3)
            let comparison = compare(base, noisy, seed: 11, samples: 400)
            if comparison.verdict == .noDifference { noDifference += 1 }
            let (_, shifted) = rows(80, seed: UInt64(experiment), shift: shift, noise: 0.3)
            let second = compare(base, shifted, seed: 12, samples: 400)
            if second.ci95?.contains(shift) == true { covered += 1 }
        }
        #expect(noDifference >= 930 && noDifference <= 970, "\(noDifference) of 1000")
        #expect(covered >= 930 && covered <= 970, "\(covered) of 1000")
    }

    @Test func eachMetricHasItsOwnWord() {
        let references = (0..<40).map { "answer number \($0) of the clinic" }
        // The adapter is right where the base is wrong in half of the rows, and never the other way round.
        let base = references.enumerated().map { $0.offset % 2 == 0 ? $0.element : "something else" }
        func verdict(_ metric: ([String], [String]) -> RowMetric, _ before: [String], _ after: [String])
            -> PairedComparison
        {
            PairedComparison(
                base: metric(before, references), adapter: metric(after, references), seed: 5, sampleCount: 500)
        }
        let metrics: [([String], [String]) -> RowMetric] = [
            { .exactMatch(answers: $0, references: $1) }, { .rougeL(answers: $0, references: $1, units: .words) },
            { .bleu(answers: $0, references: $1, units: .words) },
        ]
        for metric in metrics {
            #expect(verdict(metric, base, references).verdict == .better)
            #expect(verdict(metric, references, base).verdict == .worse)
            #expect(verdict(metric, base, base).verdict == .noDifference && verdict(metric, base, base).ci95 == 0...0)
        }
        let exact = verdict(metrics[0], base, references)
        #expect(exact.base == 0.5 && exact.adapter == 1 && exact.difference == 0.5 && exact.rowCount == 40)
        #expect(verdict(metrics[2], base, references).adapter.map { abs($0 - 100) < 1e-9 } == true)
    }

    /// Answers that are all the same have no correlation: how much better another is, nobody knows.
    @Test func aDifferenceToNothingIsNotKnown() {
        let truth = (0..<8).map { Double($0) }
        let constant = RowMetric.pearson(predictions: truth.map { _ in 1 }, truth: truth)
        let exact = RowMetric.pearson(predictions: truth, truth: truth)
        for (base, adapter) in [(constant, exact), (exact, constant), (constant, constant)] {
            let found = PairedComparison(base: base, adapter: adapter, seed: 1, sampleCount: 100)
            #expect(found.difference == nil && found.ci95 == nil && found.verdict == nil && found.rowsNeeded == nil)
        }
        #expect(PairedComparison(base: exact, adapter: exact, seed: 1, sampleCount: 100).difference == 0)
    }

    /// Base and adapter on `count` rows: a change of `shift` on average, uniform noise around it.
    private func changed(_ count: Int, seed: UInt64, shift: Double, noise: Double) -> (RowMetric, RowMetric) {
        let random = RandomStream(seed: seed, purpose: .probe)
        let base = (0..<count).map { random.uniform(stream: 0, index: UInt64($0)) }
        let adapter = base.enumerated().map {
            $0.element + shift + noise * (2 * random.uniform(stream: 1, index: UInt64($0.offset)) - 1)
        }
        return (.mean("score", base), .mean("score", adapter))
    }

    @Test func rowsOfAClusterAreDrawnTogether() throws {
        let (base, adapter) = changed(40, seed: 2, shift: 0.02, noise: 0.1)
        func compare(_ base: RowMetric, _ adapter: RowMetric, _ clusters: [Int]?) -> PairedComparison {
            PairedComparison(base: base, adapter: adapter, seed: 3, sampleCount: 2_000, clusters: clusters)
        }
        let plain = compare(base, adapter, nil), alone = compare(base, adapter, Array((0..<40).reversed()))
        #expect(plain.ci95 == alone.ci95 && plain.clusterCount == nil && alone.clusterCount == 40)
        // Each row four times says no more than once: by clusters the interval stays, by rows it is half as wide.
        func fourfold(_ metric: RowMetric) -> RowMetric {
            .mean("score", (0..<160).map { metric.value(ofRow: $0 / 4) ?? 0 })
        }
        let clustered = compare(fourfold(base), fourfold(adapter), (0..<160).map { $0 / 4 })
        let wrong = compare(fourfold(base), fourfold(adapter), nil)
        func width(_ comparison: PairedComparison) throws -> Double {
            let interval = try #require(comparison.ci95)
            return interval.upperBound - interval.lowerBound
        }
        #expect(abs(try width(clustered) - width(plain)) < 1e-9)
        #expect(abs(try width(wrong) / width(plain) - 0.5) < 0.06)
        #expect(clustered.clusterCount == 40 && clustered.rowCount == 160)
        #expect(compare(base, adapter, [Int](repeating: 7, count: 40)).ci95 == nil)
    }

    /// As many rows as are said to be needed show the difference in about four cases of five.
    @Test func theRowsThatAreNeededShowTheDifference() throws {
        let (base, adapter) = changed(400, seed: 5, shift: 0.04, noise: 0.3)
        let needed = try #require(
            PairedComparison(base: base, adapter: adapter, seed: 1, sampleCount: 2_000).rowsNeeded)
        // (1.96 + 0.84)² · variance / difference², both as they were found.
        #expect((60...400).contains(needed), "\(needed)")
        let exact = (0.3 * 0.3 / 3) * 7.849 / (0.04 * 0.04)
        var seen = 0
        for experiment in 0..<300 {
            let (base, adapter) = changed(Int(exact), seed: UInt64(1_000 + experiment), shift: 0.04, noise: 0.3)
            let found = PairedComparison(base: base, adapter: adapter, seed: 2, sampleCount: 300)
            if found.verdict == .better { seen += 1 }
        }
        #expect((216...264).contains(seen), "\(seen) of 300")
        #expect(PairedComparison(base: base, adapter: base, seed: 1, sampleCount: 100).rowsNeeded == nil)
    }

    @Test func someOfTheRowsHaveAValueOfTheirOwn() {
        let metric = RowMetric.mean("score", [1, 2, 3, 4]).numbered([0, 3, 5, 9])
        #expect(metric.restricted { $0 % 3 == 0 }.value == 7.0 / 3)
        #expect(metric.restricted { $0 % 3 == 0 }.numbers == [0, 3, 9])
        #expect(metric.value(ofRow: 5) == 3 && metric.value(ofRow: 4) == nil)
        #expect(metric.restricted { _ in false }.value == nil)
    }
}
