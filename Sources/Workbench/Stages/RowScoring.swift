// The scores of rows, as they are computed: whole rows by batches of any order, or token by token in the rows' order.

internal import Datasets
internal import Evaluation
internal import JSON
internal import Models
internal import Objectives
internal import Tensors

/// What one row came to.
struct ScoredRow {
    let index: Int
    let tokens: Int
    let targets: Int
    let lossSum: Double
    /// Facts of its tokens, where they were asked for.
    var ofTokens: [JSONObject.Member] = []

    /// The row as a line of JSON.
    var facts: JSONObject {
        JSONObject(
            [
                ("index", .integer(index)), ("tokens", .integer(tokens)), ("target_tokens", .integer(targets)),
                ("loss", targets > 0 ? .double(lossSum / Double(targets)) : .null),
            ] + ofTokens)
    }
}

/// Rows that are being scored.
struct RowScoring {
    let rows: PreparedDataset
    let learner: Learner
    let workspace: Workspace
    let observer: any RunObserver

    /// Gives each row to `put`, once all are scored.
    func wholeRows(_ put: (ScoredRow) throws -> Void) throws {
        let examples = rows.examples
        let scorer = ObservedEvaluator(
            learner, workspace: workspace, longest: rows.report.longestExample, observer: observer)
        let scores = try scorer.scores(of: examples, unit: "examples")
        let rowNumbers = try examples.rowIndices()
        let perRow = try HeldOutScores(scores, perRowOf: ExampleUnits(examples, of: .sequence))
        for (parts, score) in zip(try examples.groupedByRow(), perRow.rows) {
            let tokens = parts.reduce(0) { $0 + examples.tokenCount($1) }
            try put(
                ScoredRow(
                    index: rowNumbers[parts.lowerBound], tokens: tokens, targets: score.weight,
                    lossSum: score.lossSum))
        }
    }

    /// Gives the row of the number `row` alone.
    func row(_ row: Int, withTokens: Bool, _ put: (ScoredRow) throws -> Void) throws {
        let numbers = try rows.examples.rowIndices()
        let groups = try rows.examples.groupedByRow().filter { numbers[$0.lowerBound] == row }
        guard !groups.isEmpty else {
            throw Failure(
                .usage, "--row \(row): no row of this number is scored",
                hint: numbers.last.map { "rows are numbered from 0, the last one is \($0)" })
        }
        try rowsWithTokens(groups) { row in
            var row = row
            if !withTokens { row.ofTokens = [] }
            try put(row)
        }
    }

    /// Rows by batches, in their order, so that each is given as soon as it is known.
    func rowsWithTokens(_ put: (ScoredRow) throws -> Void) throws {
        try rowsWithTokens(rows.examples.groupedByRow(), put)
    }

    private func rowsWithTokens(_ groups: [Range<Int>], _ put: (ScoredRow) throws -> Void) throws {
        let rowLimit = EvaluationRows.limit(for: learner.model, bytes: workspace.reservedBytes)
        var start = 0
        let ahead = learner.model.rowsAhead
        func tokenCount(_ group: Int) -> Int { groups[group].reduce(0) { $0 + rows.examples.tokenCount($1) + ahead } }
        while start < groups.count {
            var (end, tokens) = (start, 0)
            repeat {
                tokens += tokenCount(end)
                end += 1
            } while end < groups.count && tokens + tokenCount(end) <= rowLimit
            let sequences = try groups[start..<end].map { try $0.map(rows.examples.example) }
            var values = try logProbabilities(of: sequences.flatMap { $0 })[...]
            for parts in sequences {
                try put(Self.scored(parts, values.prefix(parts.count)))
                values = values.dropFirst(parts.count)
            }
            start = end
            observer.receive(.progress(done: end, total: groups.count, unit: "rows"))
        }
    }

    /// Of each sequence, the log-probability of every token given those before it; the first has none.
    private func logProbabilities(of sequences: [TokenizedExample]) throws -> [[Float]] {
        let batch = TokenBatch(examples: sequences.map { ($0.ids, $0.ids.indices.map { $0 > 0 }) })
        var values = try learner.model.tokenLosses(batch, workspace: workspace).values.map { -$0 }[...]
        return sequences.map { sequence in
            let count = sequence.ids.count - 1
            defer { values = values.dropFirst(count) }
            return Array(values.prefix(count))
        }
    }

    /// A row with the log-probabilities of its sequences' tokens.
    private static func scored(_ parts: [TokenizedExample], _ values: ArraySlice<[Float]>) -> ScoredRow {
        var logProbabilities: [JSONValue] = []
        var lossSum = 0.0
        for (part, values) in zip(parts, values) {
            logProbabilities.append(.null)
            for (token, value) in values.enumerated() {
                logProbabilities.append(.double(Double(value)))
                if part.isTarget[token + 1] { lossSum -= Double(value) }
            }
        }
        var row = ScoredRow(
            index: parts[0].index, tokens: parts.reduce(0) { $0 + $1.ids.count },
            targets: parts.reduce(0) { $0 + $1.targetCount }, lossSum: lossSum)
        row.ofTokens = [
            ("ids", .array(parts.flatMap(\.ids).map { .integer(Int($0)) })), ("logprobs", .array(logProbabilities)),
            ("mask", .array(parts.flatMap(\.isTarget).map { .integer($0 ? 1 : 0) })),
        ]
        if parts.count > 1 { row.ofTokens.append(("parts", .array(parts.map { .integer($0.ids.count) }))) }
        return row
    }
}

extension ExampleSource {
    /// Numbers of the sequences of one row together, rows in order.
    func groupedByRow() throws -> [Range<Int>] {
        let rows = try rowIndices()
        var groups: [Range<Int>] = []
        for index in rows.indices {
            if let last = groups.last, rows[last.lowerBound] == rows[index] {
                groups[groups.count - 1] = last.lowerBound..<(index + 1)
            } else {
                groups.append(index..<(index + 1))
            }
        }
        return groups
    }
}
