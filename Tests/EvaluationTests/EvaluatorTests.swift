import Datasets
import Evaluation
import Models
import Objectives
import Testing

@Suite struct Evaluators {
    private let examples = (0..<23).map { index in
        let length = 2 + (index * 7) % 11
        return TokenizedExample(
            ids: (0..<length).map { Int32($0 + index) }, isTarget: (0..<length).map { $0 > 0 && index % 5 != 4 },
            place: RowPlace(file: "rows.jsonl", line: index + 1), index: index)
    }

    /// Groups of three that begin alike.
    private let groups = (0..<7).map { group in
        (0..<3).map { answer in
            let ids = (0..<(4 + group % 3)).map { Int32($0 + group) } + [Int32(50 + answer), Int32(60 + group)]
            return TokenizedExample(
                ids: ids, isTarget: ids.indices.map { $0 >= ids.count - 2 },
                place: RowPlace(file: "rows.jsonl", line: group + 1), index: group)
        }
    }

    /// The loss of an example is the sum of its ids; its first target counts as the model's choice.
    private func loss(_ batch: TokenBatch) -> LossSums {
        var loss = LossSums()
        for (start, end) in zip(batch.bounds, batch.bounds.dropFirst()) {
            let targets = batch.targets[start..<end].count { $0 >= 0 }
            let sum = Double(batch.ids[start..<end].reduce(0, +))
            loss.append(LossSums(units: [NamedSums(loss: sum, weight: targets, ["right": 1])]))
        }
        return loss
    }

    @Test(arguments: [1, 12, 1_000]) func resultsStandInTheRowsOrderAndNoneIsLeftOut(rowLimit: Int) throws {
        var largest = 0
        var done: [EvaluationProgress] = []
        let evaluator = Evaluator(of: .sequence, rowLimit: rowLimit) { batch in
            if batch.exampleCount > 1 { largest = max(largest, batch.rowCount) }
            return loss(batch)
        }
        let scores = try evaluator.scores(of: examples) { done.append($0) }
        #expect(scores.rows.count == examples.count)
        for (row, example) in zip(scores.rows, examples) {
            #expect(row.weight == example.targetCount)
            #expect(row.lossSum == (example.targetCount > 0 ? Double(example.ids.reduce(0, +)) : 0))
        }
        #expect(Int(scores.total["right"]) == examples.count { $0.targetCount > 0 })
        #expect(largest <= rowLimit && (largest > 0 || rowLimit == 1))
        #expect(done.last?.examples == examples.count)
        #expect(done.last?.tokens == examples.reduce(0) { $0 + $1.ids.count })
        #expect(zip(done, done.dropFirst()).allSatisfy { $0.examples < $1.examples && $0.tokens < $1.tokens })
    }

    /// The toy loss sums ids, so what is computed once is counted once, in the beginning.
    @Test(arguments: [1, 40, 1_000]) func alternativesStandInTheirOrder(rowLimit: Int) throws {
        var done: [EvaluationProgress] = []
        var rows = 0
        let evaluator = Evaluator(of: .sequence, rowLimit: rowLimit) { batch in
            rows += batch.rowCount
            return loss(batch)
        }
        let scores = try evaluator.scores(ofAlternatives: groups) { done.append($0) }
        #expect(scores.map(\.count) == groups.map(\.count))
        for (group, alternatives) in zip(groups, scores) {
            for (example, score) in zip(group, alternatives) {
                // Each sequence's own rows: the last of the beginning, and its two targets.
                #expect(score.lossSum == Double(example.ids.suffix(3).reduce(0, +)))
                #expect(score.weight == 2)
            }
        }
        #expect(rows == groups.reduce(0) { $0 + $1[0].ids.count - 3 + 9 })
        #expect(done.last?.examples == 21 && done.last?.tokens == groups.joined().reduce(0) { $0 + $1.ids.count })
        #expect(done.count == (rowLimit == 1 ? 7 : rowLimit == 40 ? done.count : 1))
        #expect(try evaluator.scores(ofAlternatives: []).isEmpty)
    }

    /// Rows that a pass has before each text, as virtual tokens are, count in what is read together.
    @Test(arguments: [0, 5]) func rowsBeforeTextsCount(ahead: Int) throws {
        var largest = 0
        // So many sequences have such rows together.
        func evaluator(sharedBy sequences: Int) -> Evaluator {
            Evaluator(of: .sequence, rowLimit: 40, rowsAhead: { ahead }) { batch in
                let texts = batch.exampleCount / sequences
                if texts > 1 { largest = max(largest, batch.rowCount + ahead * texts) }
                return loss(batch)
            }
        }
        _ = try evaluator(sharedBy: 1).scores(of: examples)
        #expect(largest <= 40 && largest > 30)
        largest = 0
        // A beginning and three ends.
        _ = try evaluator(sharedBy: 4).scores(ofAlternatives: groups)
        #expect(largest <= 40 && largest > 30)
    }

    /// Two sequences to a unit: none is divided, and each unit has one score, in its place.
    @Test(arguments: [1, 12, 1_000]) func pairsAreScoredTogether(rowLimit: Int) throws {
        let pairs = Array(examples.prefix(22))
        let evaluator = Evaluator(of: .pair, rowLimit: rowLimit) { batch in
            let units = stride(from: 0, to: batch.exampleCount, by: 2).map { first in
                let ids = batch.ids[batch.bounds[first]..<batch.bounds[first + 2]]
                return NamedSums(loss: Double(ids.reduce(0, +)), weight: 1)
            }
            return LossSums(units: units)
        }
        var done = 0
        let scores = try evaluator.scores(of: pairs) { done = $0.examples }
        #expect(scores.rows.count == 11 && done == 11)
        for (unit, row) in scores.rows.enumerated() {
            let both = pairs[2 * unit].ids.reduce(0, +) + pairs[2 * unit + 1].ids.reduce(0, +)
            let scores = pairs[2 * unit].targetCount + pairs[2 * unit + 1].targetCount > 0
            #expect(row.lossSum == (scores ? Double(both) : 0))
        }
    }

    @Test func noExamplesHaveNoLoss() throws {
        let scores = try Evaluator(of: .sequence, rowLimit: 8, score: loss).scores(of: [])
        #expect(scores.loss == nil && CrossEntropyObjective().measures.allSatisfy { $0.value(scores.total) == nil })
    }
}
