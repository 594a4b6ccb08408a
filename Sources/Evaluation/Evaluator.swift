// Held-out scores of a model: forward passes over ragged micro-batches, results in the rows' order.

public import Datasets
public import Models
public import Objectives
public import Tensors

/// Scores examples with a model as it is now, with or without its adapters.
public struct Evaluator {
    private let unit: ExampleUnit
    private let score: (TokenBatch) throws -> LossSums
    /// Whole units as the score reads them.
    private var batch: ([TokenizedExample]) -> TokenBatch = { TokenBatch(of: $0) }
    private let rowLimit: Int
    /// Rows that a pass has before each sequence, as the model is when it is asked.
    private let rowsAhead: () -> Int
    /// Where losses are of several rows together.
    private var steps: StepScores?
    private let sharesBeginnings: Bool

    /// - Parameter rowLimit: token rows in one micro-batch, at most; a longer unit stands alone.
    public init(_ learner: Learner, workspace: Workspace, rowLimit: Int) {
        let shares = learner.model.configuration.encoder == nil
        self.init(
            of: learner.objective.unit, rowLimit: rowLimit, sharesBeginnings: shares,
            rowsAhead: { learner.model.rowsAhead }
        ) { try learner.sums($0, workspace: workspace) }
        batch = { learner.objective.batch($0, sequences: nil) }
        steps = (learner.objective as? any StepObjective).map {
            StepScores(learner: learner, objective: $0, workspace: workspace, rowLimit: rowLimit)
        }
    }

    /// An evaluator over any function from batches of whole units to what is counted of them.
    /// - Parameters:
    ///   - sharesBeginnings: whether alternatives may have rows in common.
    ///   - rowsAhead: rows that a pass has before each sequence.
    public init(
        of unit: ExampleUnit, rowLimit: Int, sharesBeginnings: Bool = true, rowsAhead: @escaping () -> Int = { 0 },
        score: @escaping (TokenBatch) throws -> LossSums
    ) {
        precondition(rowLimit > 0)
        self.sharesBeginnings = sharesBeginnings
        self.rowsAhead = rowsAhead
        self.unit = unit
        self.rowLimit = rowLimit
        self.score = score
    }

    /// The scores of `examples`, one for each unit, in their order.
    ///
    /// Units are taken by length, so that batches are full and memory depends on `rowLimit` and the longest unit, not
    /// on how many there are. What is kept of each is its sums.
    /// - Parameter onProgress: told after each batch how much is done; what it throws ends the evaluation.
    public func scores(
        of examples: any ExampleSource, onProgress: (_ done: EvaluationProgress) throws -> Void = { _ in }
    ) throws -> HeldOutScores {
        let units = ExampleUnits(examples, of: unit)
        if let steps { return try steps.scores(of: units, onProgress: onProgress) }
        var rows = [NamedSums](repeating: NamedSums(), count: units.count)
        // Equal lengths stay in the rows' order, so the batches do not depend on the sort's luck.
        let order = (0..<units.count).sorted { (units.tokenCount($0), $0) < (units.tokenCount($1), $1) }
        var start = 0
        var tokens = 0
        while start < order.count {
            let end = batchEnd(from: start, order, units)
            try score(order[start..<end], of: units, into: &rows)
            tokens += order[start..<end].reduce(0) { $0 + units.tokenCount($1) }
            start = end
            try onProgress(EvaluationProgress(examples: start, tokens: tokens))
        }
        return HeldOutScores(rows: rows)
    }

    /// The scores of alternatives, group by group, in their order, by an objective of sequences. What the sequences of a group
    /// have in common, from their beginning up to the first target, is computed once, unless an encoder reads it.
    /// - Parameter onProgress: told after each batch how many sequences are done and how many tokens they have.
    public func scores(
        ofAlternatives groups: [[TokenizedExample]], onProgress: (_ done: EvaluationProgress) throws -> Void = { _ in }
    ) throws -> [[NamedSums]] {
        guard sharesBeginnings else {
            var left = try scores(of: groups.flatMap { $0 }, onProgress: onProgress).rows[...]
            return groups.map { group in
                defer { left = left.dropFirst(group.count) }
                return Array(left.prefix(group.count))
            }
        }
        var scores: [[NamedSums]] = []
        var done = EvaluationProgress(examples: 0, tokens: 0)
        var batch: [Alternatives] = [], sequences = 0
        let ahead = rowsAhead()
        func flush() throws {
            let sums = try score(TokenBatch(batch))
            for indices in TokenBatch.exampleIndices(of: batch) { scores.append(indices.map { sums.units[$0] }) }
            done = EvaluationProgress(
                examples: done.examples + scores.suffix(batch.count).reduce(0) { $0 + $1.count },
                tokens: done.tokens + batch.reduce(0) { $0 + $1.attendedRowCount })
            try onProgress(done)
            (batch, sequences) = ([], 0)
        }
        for group in groups {
            let next = Alternatives(group.map { ($0.ids, $0.isTarget) })
            // Sequences that share their beginning share the rows before it.
            let rows = batch.reduce(next.rowCount) { $0 + $1.rowCount } + ahead * (batch.count + 1)
            let attended =
                batch.reduce(next.attendedRowCount) { $0 + $1.attendedRowCount } + ahead * (sequences + group.count)
            if !batch.isEmpty, rows > rowLimit || attended > Self.mostCopies * rowLimit { try flush() }
            batch.append(next)
            sequences += group.count
        }
        if !batch.isEmpty { try flush() }
        return scores
    }

    /// Rows as attention sees them for each row of a batch, at most: they need memory too.
    public static let mostCopies = 4

    private func batchEnd(from start: Int, _ order: [Int], _ units: ExampleUnits) -> Int {
        let ahead = rowsAhead()
        var end = start + 1
        var rowCount = units.rowCount(order[start], ahead: ahead)
        while end < order.count, rowCount + units.rowCount(order[end], ahead: ahead) <= rowLimit {
            rowCount += units.rowCount(order[end], ahead: ahead)
            end += 1
        }
        return end
    }

    /// Fills in the scores of the units `indices`.
    private func score(_ indices: ArraySlice<Int>, of units: ExampleUnits, into rows: inout [NamedSums]) throws {
        // A unit without targets scores nothing and costs no pass.
        let scored = indices.filter { units.targetCount($0) > 0 }
        guard !scored.isEmpty else { return }
        let examples = try scored.flatMap { try units.examples($0) }
        let sums = try score(batch(examples))
        precondition(sums.units.count == scored.count)
        for (place, index) in scored.enumerated() { rows[index] = sums.units[place] }
    }
}

/// How much of an evaluation is done.
public struct EvaluationProgress: Sendable, Equatable {
    public let examples: Int
    public let tokens: Int
}
