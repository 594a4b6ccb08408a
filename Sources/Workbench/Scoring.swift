// Row by row: tokens, targets, loss; and token by token where asked.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import JSON
internal import Models
internal import Recipes
internal import Tensors

/// The losses of rows, one line a row, in the rows' order.
public final class Scoring {
    private let rows: PreparedDataset
    private let model: LanguageModel
    private let withTokens: Bool
    private let attached: AttachedAdapter?
    private let workspace = Workspace()

    public init(_ resolved: ResolvedRecipe, adapter: String?, tokens: Bool, observer: any RunObserver) throws {
        let recipe = resolved.recipe
        Compute.start(recipe)
        let opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        rows = try RowPreparation(recipe.data, opened).rows(recipe.data.heldOut)
        let model = try opened.languageModel(precision: OpenedModel.precision(recipe.model.precision).type)
        self.model = model
        attached = try adapter.map { try AttachedAdapter($0, to: model, base: opened) }
        withTokens = tokens
        for warning in DataSummary(rows.report).warnings + (attached?.warnings ?? [])
            + OpenedModel.precisionWarnings(recipe.model.precision)
        {
            observer.receive(.warning(warning))
        }
    }

    /// Gives each row's line to `write`: a JSON object, or columns.
    public func writeRows(asJSON: Bool, _ write: (String) -> Void) throws {
        if withTokens {
            for parts in rows.examples.groupedByRow {
                let line = try tokenLine(parts)
                write(asJSON ? line.text() : columns(line))
            }
            return
        }
        let scorer = Evaluator(model, workspace: workspace, rowLimit: max(1024, rows.report.longestExample))
        let scores = try scorer.scores(of: rows.examples)
        let perRow = HeldOutScores(scores, perRowOf: rows.examples).rows
        for (parts, score) in zip(rows.examples.groupedByRow, perRow) {
            let line = JSONValue.object(summary(parts, score.lossSum, score.targetCount))
            write(asJSON ? line.text() : columns(line))
        }
    }

    private func summary(_ parts: [TokenizedExample], _ lossSum: Double, _ targetCount: Int) -> JSONObject {
        JSONObject([
            ("index", .integer(parts[0].index)), ("tokens", .integer(parts.reduce(0) { $0 + $1.ids.count })),
            ("target_tokens", .integer(targetCount)),
            ("loss", targetCount > 0 ? .double(lossSum / Double(targetCount)) : .null),
        ])
    }

    /// A row with the log-probability of every token given those before it; the first token of a sequence has none.
    private func tokenLine(_ parts: [TokenizedExample]) throws -> JSONValue {
        var logProbabilities: [JSONValue] = []
        var lossSum = 0.0
        for part in parts {
            let everyToken = part.ids.indices.map { $0 > 0 }
            let batch = TokenBatch(examples: [(part.ids, everyToken)])
            let values =
                part.ids.count > 1
                ? try model.evaluate(batch, workspace: workspace, tokenLogProbabilities: true).1 ?? [] : []
            logProbabilities.append(.null)
            for (token, value) in values.enumerated() {
                logProbabilities.append(.double(Double(value)))
                if part.isTarget[token + 1] { lossSum -= Double(value) }
            }
        }
        var line = summary(parts, lossSum, parts.reduce(0) { $0 + $1.targetCount })
        line["ids"] = .array(parts.flatMap(\.ids).map { .integer(Int($0)) })
        line["logprobs"] = .array(logProbabilities)
        line["mask"] = .array(parts.flatMap(\.isTarget).map { .integer($0 ? 1 : 0) })
        if parts.count > 1 { line["parts"] = .array(parts.map { .integer($0.ids.count) }) }
        return .object(line)
    }

    private func columns(_ line: JSONValue) -> String {
        (line.object?.members ?? []).map { $0.value.text() }.joined(separator: "\t")
    }
}

extension [TokenizedExample] {
    /// Sequences of one row together, rows in order.
    var groupedByRow: [[TokenizedExample]] {
        var groups: [[TokenizedExample]] = []
        for example in self {
            if groups.last?.first?.index == example.index {
                groups[groups.count - 1].append(example)
            } else {
                groups.append([example])
            }
        }
        return groups
    }
}
