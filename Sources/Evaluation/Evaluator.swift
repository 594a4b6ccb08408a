// Held-out scores of a model: forward passes over ragged micro-batches, results in the rows' order.

public import Datasets
public import Models
public import Tensors

/// Scores examples with a model as it is now, with or without its adapters.
public struct Evaluator {
    private let score: (TokenBatch) throws -> BatchLoss
    private let rowLimit: Int

    /// - Parameter rowLimit: token rows in one micro-batch, at most; a longer example stands alone.
    public init(_ model: LanguageModel, workspace: Workspace, rowLimit: Int) {
        self.init(rowLimit: rowLimit) { try model.evaluate($0, workspace: workspace, tokenLogProbabilities: false).0 }
    }

    /// An evaluator over any function from batches to losses.
    public init(rowLimit: Int, score: @escaping (TokenBatch) throws -> BatchLoss) {
        precondition(rowLimit > 0)
        self.rowLimit = rowLimit
        self.score = score
    }

    /// The scores of `examples`, one each, in their order.
    ///
    /// Examples are taken by length, so that batches are full and memory depends on `rowLimit` and the longest example, not
    /// on how many there are. What is kept of each is two numbers.
    /// - Parameter onProgress: told after each batch how much is done; what it throws ends the evaluation.
    public func scores(
        of examples: any ExampleSource, onProgress: (_ done: EvaluationProgress) throws -> Void = { _ in }
    ) throws -> HeldOutScores {
        var rows = [RowScore](repeating: RowScore(lossSum: 0, targetCount: 0), count: examples.count)
        var correctCount = 0
        // Equal lengths stay in the rows' order, so the batches do not depend on the sort's luck.
        let order = (0..<examples.count).sorted { (examples.tokenCount($0), $0) < (examples.tokenCount($1), $1) }
        var start = 0
        var tokens = 0
        while start < order.count {
            let end = batchEnd(from: start, order, examples)
            correctCount += try score(order[start..<end], of: examples, into: &rows)
            tokens += order[start..<end].reduce(0) { $0 + examples.tokenCount($1) }
            start = end
            try onProgress(EvaluationProgress(examples: start, tokens: tokens))
        }
        return HeldOutScores(rows: rows, correctCount: correctCount)
    }

    /// The scores of alternatives, group by group, in their order. What the sequences of a group have in common, from their
    /// beginning up to the first target, is computed once.
    /// - Parameter onProgress: told after each batch how many sequences are done and how many tokens they have.
    public func scores(
        ofAlternatives groups: [[TokenizedExample]], onProgress: (_ done: EvaluationProgress) throws -> Void = { _ in }
    ) throws -> [[RowScore]] {
        var scores: [[RowScore]] = []
        var done = EvaluationProgress(examples: 0, tokens: 0)
        var batch: [Alternatives] = []
        func flush() throws {
            let loss = try score(TokenBatch(batch))
            for indices in TokenBatch.exampleIndices(of: batch) {
                scores.append(
                    indices.map {
                        RowScore(lossSum: loss.exampleLossSums[$0], targetCount: loss.exampleTargetCounts[$0])
                    })
            }
            done = EvaluationProgress(
                examples: done.examples + scores.suffix(batch.count).reduce(0) { $0 + $1.count },
                tokens: done.tokens + batch.reduce(0) { $0 + $1.attendedRowCount })
            try onProgress(done)
            batch = []
        }
        for group in groups {
            let next = Alternatives(group.map { ($0.ids, $0.isTarget) })
            let rows = batch.reduce(next.rowCount) { $0 + $1.rowCount }
            let attended = batch.reduce(next.attendedRowCount) { $0 + $1.attendedRowCount }
            if !batch.isEmpty, rows > rowLimit || attended > Self.mostCopies * rowLimit { try flush() }
            batch.append(next)
        }
        if !batch.isEmpty { try flush() }
        return scores
    }

    /// Rows as attention sees them for each row of a batch, at most: they need memory too.
    public static let mostCopies = 4

    private func batchEnd(from start: Int, _ order: [Int], _ examples: any ExampleSource) -> Int {
        var end = start + 1
        var rowCount = examples.tokenCount(order[start])
        while end < order.count, rowCount + examples.tokenCount(order[end]) <= rowLimit {
            rowCount += examples.tokenCount(order[end])
            end += 1
        }
        return end
    }

    /// Fills in the scores of `indices`; returns how many of their targets were the model's first choice.
    private func score(
        _ indices: ArraySlice<Int>, of examples: any ExampleSource, into rows: inout [RowScore]
    ) throws -> Int {
        // An example without targets scores nothing and costs no pass.
        let scored = indices.filter { examples.targetCount($0) > 0 }
        guard !scored.isEmpty else { return 0 }
        let batch = TokenBatch(
            examples: try scored.map {
                let example = try examples.example($0)
                return (example.ids, example.isTarget)
            })
        let loss = try score(batch)
        precondition(loss.exampleLossSums.count == scored.count && loss.exampleTargetCounts.count == scored.count)
        for (place, index) in scored.enumerated() {
            rows[index] = RowScore(
                lossSum: loss.exampleLossSums[place], targetCount: loss.exampleTargetCounts[place])
        }
        return loss.correctCount
    }
}

/// How much of an evaluation is done.
public struct EvaluationProgress: Sendable, Equatable {
    public let examples: Int
    public let tokens: Int
}
