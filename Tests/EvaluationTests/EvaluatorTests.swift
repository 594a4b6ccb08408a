import Datasets
import Evaluation
import Models
import Testing

@Suite struct Evaluators {
    private let examples = (0..<23).map { index in
        let length = 2 + (index * 7) % 11
        return TokenizedExample(
            ids: (0..<length).map { Int32($0 + index) }, isTarget: (0..<length).map { $0 > 0 && index % 5 != 4 },
            place: RowPlace(file: "rows.jsonl", line: index + 1), index: index)
    }

    /// The loss of an example is the sum of its ids; its first target counts as the model's choice.
    private func loss(_ batch: TokenBatch) -> BatchLoss {
        var loss = BatchLoss()
        for (start, end) in zip(batch.bounds, batch.bounds.dropFirst()) {
            let targets = batch.targets[start..<end].count { $0 >= 0 }
            let sum = Double(batch.ids[start..<end].reduce(0, +))
            loss.append(
                BatchLoss(
                    lossSum: sum, targetCount: targets, correctCount: 1, exampleLossSums: [sum],
                    exampleTargetCounts: [targets]))
        }
        return loss
    }

    @Test(arguments: [1, 12, 1_000]) func resultsStandInTheRowsOrderAndNoneIsLeftOut(rowLimit: Int) throws {
        var largest = 0
        var done: [EvaluationProgress] = []
        let evaluator = Evaluator(rowLimit: rowLimit) { batch in
            if batch.exampleCount > 1 { largest = max(largest, batch.rowCount) }
            return loss(batch)
        }
        let scores = try evaluator.scores(of: examples) { done.append($0) }
        #expect(scores.rows.count == examples.count)
        for (row, example) in zip(scores.rows, examples) {
            #expect(row.targetCount == example.targetCount)
            #expect(row.lossSum == (example.targetCount > 0 ? Double(example.ids.reduce(0, +)) : 0))
        }
        #expect(scores.correctCount == examples.count { $0.targetCount > 0 })
        #expect(largest <= rowLimit)
        #expect(done.last?.examples == examples.count)
        #expect(done.last?.tokens == examples.reduce(0) { $0 + $1.ids.count })
        #expect(zip(done, done.dropFirst()).allSatisfy { $0.examples < $1.examples && $0.tokens < $1.tokens })
    }

    /// Groups of three that begin alike; the toy loss sums ids, so what is computed once is counted once, in the beginning.
    @Test(arguments: [1, 40, 1_000]) func alternativesStandInTheirOrder(rowLimit: Int) throws {
        let groups = (0..<7).map { group in
            (0..<3).map { answer in
                let ids = (0..<(4 + group % 3)).map { Int32($0 + group) } + [Int32(50 + answer), Int32(60 + group)]
                return TokenizedExample(
                    ids: ids, isTarget: ids.indices.map { $0 >= ids.count - 2 },
                    place: RowPlace(file: "rows.jsonl", line: group + 1), index: group)
            }
        }
        var done: [EvaluationProgress] = []
        var rows = 0
        let evaluator = Evaluator(rowLimit: rowLimit) { batch in
            rows += batch.rowCount
            return loss(batch)
        }
        let scores = try evaluator.scores(ofAlternatives: groups) { done.append($0) }
        #expect(scores.map(\.count) == groups.map(\.count))
        for (group, alternatives) in zip(groups, scores) {
            for (example, score) in zip(group, alternatives) {
                // Each sequence's own rows: the last of the beginning, and its two targets.
                #expect(score.lossSum == Double(example.ids.suffix(3).reduce(0, +)))
                #expect(score.targetCount == 2)
            }
        }
        #expect(rows == groups.reduce(0) { $0 + $1[0].ids.count - 3 + 9 })
        #expect(done.last?.examples == 21 && done.last?.tokens == groups.joined().reduce(0) { $0 + $1.ids.count })
        #expect(done.count == (rowLimit == 1 ? 7 : rowLimit == 40 ? done.count : 1))
        #expect(try evaluator.scores(ofAlternatives: []).isEmpty)
    }

    @Test func noExamplesHaveNoLoss() throws {
        let scores = try Evaluator(rowLimit: 8, score: loss).scores(of: [])
        #expect(scores.loss == nil && scores.perplexity == nil && scores.tokenAccuracy == nil)
    }
}
