// Row by row: tokens, targets, loss; and token by token where asked.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import JSON
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors

/// The losses of rows, one line a row, in the rows' order.
public final class Scoring {
    private let rows: PreparedDataset
    private let learner: Learner
    private let withTokens: Bool
    private let attached: AttachedAdapter?
    private let workspace: Workspace
    private let observer: any RunObserver

    public init(_ resolved: ResolvedRecipe, adapter: String?, tokens: Bool, observer: any RunObserver) throws {
        let rendering = try AdapterRendering(resolved.recipe, adapter: adapter)
        rendering.tell(observer)
        let recipe = rendering.applied(to: resolved.recipe)
        try Compute.start(recipe)
        let opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        let objective = CrossEntropyObjective()
        rows = try RowPreparation(recipe.data, opened, for: objective).heldOutRows(recipe, observer: observer)
        let model = try opened.languageModel(precision: OpenedModel.precision(recipe.model.precision).type)
        learner = Learner(model, objective)
        attached = try adapter.map { try AttachedAdapter($0, to: model, base: opened) }
        withTokens = tokens
        workspace = try EvaluationRows.workspace(
            recipe, opened, learner, adapter: attached, rows: rows.report, tasks: nil)
        self.observer = observer
        for note in DataSummary(rows.report).notes { observer.receive(.note(note)) }
        for warning in DataSummary(rows.report).warnings + (attached?.warnings ?? []) + opened.warnings {
            observer.receive(.warning(warning))
        }
    }

    /// Gives each row's line to `write`: a JSON object, or columns.
    public func writeRows(asJSON: Bool, _ write: (String) throws -> Void) throws {
        func put(_ line: JSONObject) throws { try write(asJSON ? JSONValue.object(line).text() : columns(line)) }
        let examples = rows.examples
        let groups = try examples.groupedByRow()
        if withTokens { return try writeTokens(of: groups, put) }
        let scorer = ObservedEvaluator(
            learner, workspace: workspace, longest: rows.report.longestExample, observer: observer)
        let scores = try scorer.scores(of: examples, unit: "examples")
        let rowNumbers = try examples.rowIndices()
        let perRow = try HeldOutScores(scores, perRowOf: ExampleUnits(examples, of: .sequence))
        for (parts, score) in zip(groups, perRow.rows) {
            let tokens = parts.reduce(0) { $0 + examples.tokenCount($1) }
            try put(summary(rowNumbers[parts.lowerBound], tokens, score.lossSum, score.weight))
        }
    }

    /// Rows by batches, in their order, so that each is written as soon as it is known.
    private func writeTokens(of groups: [Range<Int>], _ put: (JSONObject) throws -> Void) throws {
        let rowLimit = EvaluationRows.limit(for: learner.model, bytes: workspace.reservedBytes)
        var start = 0
        func tokenCount(_ group: Int) -> Int { groups[group].reduce(0) { $0 + rows.examples.tokenCount($1) } }
        while start < groups.count {
            var (end, tokens) = (start, 0)
            repeat {
                tokens += tokenCount(end)
                end += 1
            } while end < groups.count && tokens + tokenCount(end) <= rowLimit
            let sequences = try groups[start..<end].map { try $0.map(rows.examples.example) }
            var values = try logProbabilities(of: sequences.flatMap { $0 })[...]
            for parts in sequences {
                try put(tokenLine(parts, values.prefix(parts.count)))
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

    private func summary(_ row: Int, _ tokens: Int, _ lossSum: Double, _ targetCount: Int) -> JSONObject {
        JSONObject([
            ("index", .integer(row)), ("tokens", .integer(tokens)), ("target_tokens", .integer(targetCount)),
            ("loss", targetCount > 0 ? .double(lossSum / Double(targetCount)) : .null),
        ])
    }

    /// A row with the log-probabilities of its sequences' tokens.
    private func tokenLine(_ parts: [TokenizedExample], _ values: ArraySlice<[Float]>) -> JSONObject {
        var logProbabilities: [JSONValue] = []
        var lossSum = 0.0
        for (part, values) in zip(parts, values) {
            logProbabilities.append(.null)
            for (token, value) in values.enumerated() {
                logProbabilities.append(.double(Double(value)))
                if part.isTarget[token + 1] { lossSum -= Double(value) }
            }
        }
        var line = summary(
            parts[0].index, parts.reduce(0) { $0 + $1.ids.count }, lossSum, parts.reduce(0) { $0 + $1.targetCount })
        line["ids"] = .array(parts.flatMap(\.ids).map { .integer(Int($0)) })
        line["logprobs"] = .array(logProbabilities)
        line["mask"] = .array(parts.flatMap(\.isTarget).map { .integer($0 ? 1 : 0) })
        if parts.count > 1 { line["parts"] = .array(parts.map { .integer($0.ids.count) }) }
        return line
    }

    private func columns(_ line: JSONObject) -> String {
        line.members.map { $0.value.text() }.joined(separator: "\t")
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
