// Base and adapter on the same held-out rows.

internal import Datasets
internal import Evaluation
internal import Foundation
public import JSON
internal import Models
internal import Recipes
internal import Tensors

/// Held-out loss of a base and, where there is one, its adapter, with an interval and a verdict.
public struct EvaluationReport: Presentable {
    let base: HeldOutScores
    let adapter: HeldOutScores?
    let comparison: PairedComparison?
    let baseMetrics: [TaskMetric]
    let adapterMetrics: [TaskMetric]
    let data: DatasetReport
    let warnings: [String]

    /// Evaluates a model and an adapter from disk on the recipe's held-out rows.
    public init(_ resolved: ResolvedRecipe, adapter path: String?, observer: any RunObserver) throws {
        let rendering = AdapterRendering(resolved.recipe, adapter: path)
        for note in rendering.notes { observer.receive(.note(note)) }
        let recipe = rendering.applied(to: resolved.recipe)
        Compute.start(recipe)
        let opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        let rows = try RowPreparation(recipe.data, opened).rows(recipe.data.heldOut)
        let precision = OpenedModel.precision(recipe.model.precision)
        observer.receive(
            .stage(
                "evaluate",
                detail: "\(rows.rows.count) rows, \(rows.report.targetTokens) target tokens; \(precision.reason)"))
        let model = try opened.languageModel(precision: precision.type)
        let attached = try path.map { try AttachedAdapter($0, to: model, base: opened) }
        let warnings =
            recipe.data.unusedByScoring + rendering.warnings + (attached?.warnings ?? []) + DataSummary(rows.report).warnings
            + opened.warnings
        for note in DataSummary(rows.report).notes { observer.receive(.note(note)) }
        for warning in warnings { observer.receive(.warning(warning)) }
        try self.init(
            recipe, opened: opened, model: model, adapter: attached, rows: rows,
            workspace: EvaluationRows.workspace(
                for: model, memoryLimit: recipe.train.memoryLimitBytes, fileBytes: opened.byteCount),
            observer: observer, warnings: warnings)
    }

    /// Evaluates a model whose adapter, where there is one, is attached.
    init(
        _ recipe: Recipe, opened: OpenedModel, model: LanguageModel, adapter: (any Detachable)?, rows: PreparedDataset,
        workspace: Workspace, observer: any RunObserver, warnings: [String] = []
    ) throws {
        let scorer = ObservedEvaluator(
            model, workspace: workspace, longest: rows.report.longestExample, observer: observer)
        let tasks = try TaskEvaluation(recipe, opened: opened, model: model, rows: rows, scorer: scorer)
        func scores(_ side: String) throws -> HeldOutScores {
            try HeldOutScores(scorer.scores(of: rows.examples, unit: "examples (\(side))"), perRowOf: rows.examples)
        }
        data = rows.report
        self.warnings = warnings
        guard let adapter else {
            base = try scores("base")
            baseMetrics = try tasks.metrics()
            self.adapter = nil
            adapterMetrics = []
            comparison = nil
            return
        }
        let adapterScores = try scores("adapter")
        adapterMetrics = try tasks.metrics()
        (base, baseMetrics) = try adapter.whileDetached(from: model) { (try scores("base"), try tasks.metrics()) }
        self.adapter = adapterScores
        comparison = PairedComparison(
            base: base, adapter: adapterScores, seed: UInt64(bitPattern: Int64(recipe.seed)),
            sampleCount: recipe.evaluate.bootstrapSamples)
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("rows", .integer(base.rows.count)), ("target_tokens", .integer(base.targetCount)),
            ("base", Self.json(base, baseMetrics)),
        ])
        if let adapter, let comparison {
            object["adapter"] = Self.json(adapter, adapterMetrics)
            object["difference"] = [
                "loss": .double(comparison.lossDifference),
                "ci95": comparison.ci95.map { [.double($0.lowerBound), .double($0.upperBound)] } ?? .null,
                "verdict": .string(comparison.verdict.rawValue),
            ]
        }
        object["truncated_rows"] = .integer(data.truncatedRows)
        object["dropped_rows"] = .integer(data.droppedRows)
        object["rows_without_target"] = .integer(data.rowsWithoutTarget)
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map { .string($0) }) }
        return .object(object)
    }

    private static func json(_ scores: HeldOutScores, _ metrics: [TaskMetric]) -> JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map { .double($0) } ?? .null }
        return .object(
            JSONObject(
                [
                    ("loss", number(scores.loss)), ("perplexity", number(scores.perplexity)),
                    ("token_accuracy", number(scores.tokenAccuracy)),
                ] + metrics.map { ($0.name, number($0.value)) }))
    }

    public var text: String {
        func row(_ name: String, _ base: Double?, _ adapter: Double?, _ format: String = "%.4f") -> String {
            func cell(_ value: Double?) -> String { pad(value.map { String(format: format, $0) } ?? "–", 12) }
            return name.padding(toLength: 18, withPad: " ", startingAt: 0) + cell(base)
                + (self.adapter == nil ? "" : cell(adapter))
        }
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        var lines = [
            "\(base.rows.count) rows, \(base.targetCount) target tokens",
            "".padding(toLength: 18, withPad: " ", startingAt: 0) + pad("base", 12)
                + (adapter == nil ? "" : pad("adapter", 12)),
            row("loss", base.loss, adapter?.loss), row("perplexity", base.perplexity, adapter?.perplexity, "%.3f"),
            row("token accuracy", base.tokenAccuracy, adapter?.tokenAccuracy),
        ]
        for (index, metric) in baseMetrics.enumerated() {
            let other = index < adapterMetrics.count ? adapterMetrics[index].value : nil
            lines.append(row(metric.name.replacingOccurrences(of: "_", with: " "), metric.value, other))
        }
        if let comparison {
            let interval = comparison.ci95.map {
                String(format: "95%% interval %+.4f to %+.4f", $0.lowerBound, $0.upperBound)
            }
            lines.append(
                String(format: "difference in loss %+.4f, ", comparison.lossDifference)
                    + (interval ?? "too few rows for an interval"))
            lines.append("verdict: \(comparison.verdict.rawValue)")
        }
        return lines.joined(separator: "\n")
    }
}

extension HeldOutScores {
    /// Scores of sequences, added up over the rows they come from, in the rows' order.
    init(_ scores: HeldOutScores, perRowOf examples: any ExampleSource) throws {
        var rows: [RowScore] = []
        var last: Int?
        for (score, row) in zip(scores.rows, try examples.rowIndices()) {
            if row == last, let previous = rows.popLast() {
                rows.append(
                    RowScore(
                        lossSum: previous.lossSum + score.lossSum, targetCount: previous.targetCount + score.targetCount
                    ))
            } else {
                rows.append(score)
            }
            last = row
        }
        self.init(rows: rows, correctCount: scores.correctCount)
    }
}
