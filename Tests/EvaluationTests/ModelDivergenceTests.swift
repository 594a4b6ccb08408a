// Two models on the same rows, in batches of any size, against their losses by themselves.

import Datasets
import Evaluation
import Models
import Objectives
import Tensors
import Testing

@Suite struct ModelDivergenceTests {
    /// Logits that depend on the token and on its place: no model is needed for what is counted.
    private struct Toy: LogitSource {
        let isLogProbability = false
        let shift: Float

        func reader(_ batch: TokenBatch, examples: Range<Int>, workspace: Workspace) throws -> LogitReader {
            let rows = batch.targets.indices.filter { batch.targets[$0] >= 0 }.map { batch.ids[$0] }
            return { tokens, logits in
                for (row, id) in rows.enumerated() {
                    for (place, token) in tokens.enumerated() {
                        logits.floats[row * tokens.count + place] =
                            Float((Int(id) * 31 + token * 17) % 23) * 0.3 + shift * Float(token % 5)
                    }
                }
            }
        }
    }

    private let examples = (0..<19).map { index in
        let length = 2 + (index * 7) % 11
        return TokenizedExample(
            ids: (0..<length).map { Int32($0 * 3 + index) }, isTarget: (0..<length).map { $0 > 0 && index % 5 != 4 },
            place: RowPlace(file: "rows.jsonl", line: index + 1), index: index)
    }

    private func compare(_ shift: Float, rowLimit: Int) throws -> ModelDivergence {
        try ModelDivergence(
            of: Toy(shift: shift), from: Toy(shift: 0), on: examples, vocabularySize: 2000, rowLimit: rowLimit,
            workspace: Workspace())
    }

    @Test func batchesOfAnySizeGiveTheSame() throws {
        let (small, large) = (try compare(0.2, rowLimit: 1), try compare(0.2, rowLimit: 1000))
        #expect(small.reference == large.reference && small.other == large.other)
        #expect(small.divergences == large.divergences)
        #expect(large.divergences.count == examples.reduce(0) { $0 + $1.targetCount })
        #expect(large.other.rows.map(\.weight) == examples.map(\.targetCount))
        let sum = large.divergences.reduce(0, +)
        #expect(sum > 0 && abs(large.other.total[ModelDivergence.divergence] - sum) < 1e-9)
        let worst = try #require(large.quantile(1)), most = try #require(large.divergences.max())
        #expect(worst == most && (large.quantile(0.5) ?? 0) < worst)
    }

    @Test func aModelDoesNotDivergeFromItself() throws {
        let same = try compare(0, rowLimit: 40)
        #expect(same.divergences.allSatisfy { $0 == 0 })
        #expect(same.reference.loss == same.other.loss)
        #expect(Int(same.other.total[ModelDivergence.sameChoice]) == same.other.total.weight)
    }

    @Test func whatIsNoNumberIsAnErrorThatNamesTheRow() throws {
        let error = #expect(throws: DivergenceError.self) { try compare(.infinity, rowLimit: 40) }
        #expect(error?.side == .other && error?.place.line == 1)
    }

    @Test func aMetricHasAnIntervalAroundIt() throws {
        let found = try compare(0.2, rowLimit: 40)
        let metric = RowMetric.mean(of: ModelDivergence.divergence, found.other, higherIsBetter: false)
        let (value, interval) = (try #require(metric.value), try #require(metric.interval(seed: 3, sampleCount: 500)))
        #expect(interval.lowerBound < value && value < interval.upperBound)
        #expect(metric.interval(seed: 3, sampleCount: 500) == interval)
    }
}
