// Base and adapter on the same held-out rows: each metric with an interval and a word of its own.

internal import Datasets
internal import Evaluation
internal import Foundation
public import JSON
internal import Models
internal import Objectives
internal import Recipes
internal import Spelling
internal import Tensors

/// Held-out loss and metrics of a base and, where there is one, its adapter, each with an interval and a verdict of its own.
public struct EvaluationReport: Presentable {
    let objective: any Objective
    let base: HeldOutScores
    let adapter: HeldOutScores?
    /// Of the loss, then of each metric; empty without an adapter.
    let comparisons: [PairedComparison]
    let baseMetrics: [RowMetric]
    let adapterMetrics: [RowMetric]
    let data: DatasetReport
    let notes: [String]
    let warnings: [String]
    /// Whether the prompts name the labels; nil where nothing is classified.
    let namesLabels: Bool?
    /// What ROUGE and BLEU count, where they were asked for.
    let units: TextUnits?

    /// Evaluates a model and an adapter from disk on the recipe's held-out rows.
    public init(_ resolved: ResolvedRecipe, adapter path: String?, observer: any RunObserver) throws {
        let rendering = try AdapterRendering(resolved.recipe, adapter: path)
        for note in rendering.notes { observer.receive(.note(note)) }
        let recipe = rendering.applied(to: resolved.recipe)
        try Compute.start(recipe)
        let opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        let preparation = try RowPreparation(recipe.data, opened, for: recipe.train.learnt)
        let rows = try preparation.heldOutRows(recipe, observer: observer)
        let tasks = try HeldOutTasks(recipe, rows: rows, preparation: preparation)
        let precision = OpenedModel.precision(recipe.model.precision)
        observer.receive(
            .stage(
                "evaluate",
                detail: "\(Count.text(rows.rows.count, "row")), "
                    + "\(Count.text(rows.report.targetTokens, "target token")); \(precision.reason)"))
        let model = try opened.languageModel(precision: precision.type)
        let learner = Learner(model, recipe.train.learnt)
        let attached = try path.map { try AttachedAdapter($0, to: model, base: opened) }
        let warnings =
            rendering.warnings + (attached?.warnings ?? []) + DataSummary(rows.report).warnings + opened.warnings
        for note in DataSummary(rows.report).notes { observer.receive(.note(note)) }
        for warning in warnings + tasks.notes { observer.receive(.warning(warning)) }
        let workspace = try EvaluationRows.workspace(
            recipe, opened, learner, adapter: attached, rows: rows.report, tasks: tasks)
        try self.init(
            recipe, opened: opened, learner: learner, adapter: attached, rows: rows, tasks: tasks, generates: true,
            workspace: workspace, observer: observer, warnings: warnings)
    }

    /// Evaluates a model whose adapter, where there is one, is attached.
    /// - Parameter generates: whether answers are generated for the metrics that compare them.
    init(
        _ recipe: Recipe, opened: OpenedModel, learner: Learner, adapter: (any Detachable)?, rows: PreparedDataset,
        tasks: HeldOutTasks, generates: Bool, workspace: Workspace, observer: any RunObserver, warnings: [String] = []
    ) throws {
        let model = learner.model, objective = learner.objective
        let scorer = ObservedEvaluator(
            learner, workspace: workspace, longest: rows.report.longestExample, observer: observer)
        let evaluation = TaskEvaluation(
            recipe: recipe, opened: opened, model: model, rows: rows, tasks: tasks, scorer: scorer,
            workspace: workspace, generates: generates)
        func measure(_ side: String) throws -> (HeldOutScores, [RowMetric]) {
            let scores = try HeldOutScores(
                scorer.scores(of: rows.examples, unit: "examples (\(side))"),
                perRowOf: ExampleUnits(rows.examples, of: objective.unit))
            return (scores, try RowMetric.measures(of: objective, scores) + evaluation.metrics(side))
        }
        self.objective = objective
        data = rows.report
        self.warnings = warnings
        notes = tasks.notes
        namesLabels = tasks.namesLabels
        units = try evaluation.units()
        guard let adapter else {
            (base, baseMetrics) = try measure("base")
            (self.adapter, adapterMetrics, comparisons) = (nil, [], [])
            return
        }
        let (adapterScores, adapterMetrics) = try measure("adapter")
        (base, baseMetrics) = try adapter.whileDetached(from: model) { try measure("base") }
        self.adapter = adapterScores
        self.adapterMetrics = adapterMetrics
        comparisons = zip([.loss(base)] + baseMetrics, [.loss(adapterScores)] + adapterMetrics).map {
            PairedComparison(
                base: $0, adapter: $1, seed: UInt64(bitPattern: Int64(recipe.seed)),
                sampleCount: recipe.evaluate.bootstrapSamples)
        }
    }

    // MARK: Form

    public var json: JSONValue {
        var object = JSONObject([
            ("rows", .integer(base.rows.count)), ("target_tokens", .integer(data.targetTokens)),
            ("base", json(base, baseMetrics)),
        ])
        if let adapter, let loss = comparisons.first {
            object["adapter"] = json(adapter, adapterMetrics)
            object["difference"] = [
                "loss": .double(loss.difference), "ci95": Self.json(loss.ci95),
                "verdict": Self.json(loss.verdict), "rows": .integer(loss.rowCount),
            ]
        }
        let metrics = metricMembers
        if !metrics.isEmpty { object["metrics"] = .object(JSONObject(metrics)) }
        object["truncated_rows"] = .integer(data.truncatedRows)
        object["dropped_rows"] = .integer(data.droppedRows)
        object["rows_without_target"] = .integer(data.rowsWithoutTarget)
        let warnings = warnings + notes
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map { .string($0) }) }
        return .object(object)
    }

    /// What the objective says of base and adapter without an interval.
    private var summaries: [Measure] { objective.measures.filter { !$0.isCompared } }

    /// Each metric by name.
    private var metricMembers: [JSONObject.Member] {
        baseMetrics.enumerated().map { index, metric in
            var members: [JSONObject.Member] = [("base", Self.number(metric.value))]
            if !comparisons.isEmpty {
                let comparison = comparisons[index + 1]
                members += [
                    ("adapter", Self.number(comparison.adapter)), ("difference", .double(comparison.difference)),
                    ("ci95", Self.json(comparison.ci95)), ("verdict", Self.json(comparison.verdict)),
                ]
            }
            members.append(("rows", .integer(metric.rowCount)))
            if metric.name == "accuracy", let namesLabels {
                members.append(("prompts_name_labels", .bool(namesLabels)))
            }
            if ["rouge_l", "bleu"].contains(metric.name), let units {
                members.append(("units", .string(units.rawValue)))
            }
            return (metric.name, .object(JSONObject(members)))
        }
    }

    private func json(_ scores: HeldOutScores, _ metrics: [RowMetric]) -> JSONValue {
        .object(
            JSONObject(
                [("loss", Self.number(scores.loss))]
                    + summaries.map { ($0.name, Self.number($0.value(scores.total))) }
                    + metrics.map { ($0.name, Self.number($0.value)) }))
    }

    private static func json(_ interval: ClosedRange<Double>?) -> JSONValue {
        interval.map { [.double($0.lowerBound), .double($0.upperBound)] } ?? .null
    }

    private static func json(_ verdict: Verdict?) -> JSONValue { verdict.map { .string($0.rawValue) } ?? .null }

    private static func number(_ value: Double?) -> JSONValue { value.map { .double($0) } ?? .null }

    public var text: String {
        (["\(Count.text(base.rows.count, "row")), \(Count.text(data.targetTokens, "target token"))"] + table
            + differences
            + notes.map { "note: " + $0 })
            .joined(separator: "\n")
    }

    private var table: [String] {
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func row(_ name: String, _ base: Double?, _ adapter: Double?, digits: Int = 4, _ rest: String = "") -> String {
            func cell(_ value: Double?) -> String { pad(value.map { String(format: "%.\(digits)f", $0) } ?? "–", 12) }
            return name.replacingOccurrences(of: "_", with: " ").padding(toLength: 18, withPad: " ", startingAt: 0)
                + cell(base)
                + (self.adapter == nil ? "" : cell(adapter)) + rest
        }
        return [
            "".padding(toLength: 18, withPad: " ", startingAt: 0) + pad("base", 12)
                + (adapter == nil ? "" : pad("adapter", 12)),
            row("loss", base.loss, adapter?.loss),
        ]
            + summaries.map { measure in
                row(
                    measure.name, measure.value(base.total), adapter.flatMap { measure.value($0.total) },
                    digits: measure.digits)
            }
            + baseMetrics.enumerated().map { index, metric in
                row(
                    metric.name, metric.value, index < adapterMetrics.count ? adapterMetrics[index].value : nil,
                    "  \(Count.text(metric.rowCount, "row"))"
                        + (["rouge_l", "bleu"].contains(metric.name) && units == .characters ? ", by characters" : ""))
            }
    }

    /// Each metric's difference with its interval, then the verdicts in one line.
    private var differences: [String] {
        guard !comparisons.isEmpty else { return [] }
        let lines = comparisons.map { comparison in
            let interval =
                comparison.ci95.map { String(format: "95%% interval %+.4f to %+.4f", $0.lowerBound, $0.upperBound) }
                ?? (comparison.rowCount < 2 ? "too few rows for an interval" : "no interval: a number is not finite")
            return "difference in \(comparison.metric) " + String(format: "%+.4f, ", comparison.difference) + interval
        }
        return lines + ["verdict: " + verdict]
    }

    /// "loss better; rouge_l no difference"; the word alone where there is only the loss.
    var verdict: String {
        func word(_ comparison: PairedComparison) -> String { comparison.verdict?.rawValue ?? "none (no interval)" }
        return comparisons.count == 1
            ? word(comparisons[0]) : comparisons.map { "\($0.metric) \(word($0))" }.joined(separator: "; ")
    }
}

extension HeldOutScores {
    /// Scores of units, added up over the rows they come from, in the rows' order.
    init(_ scores: HeldOutScores, perRowOf units: ExampleUnits) throws {
        let numbers = try units.examples.rowIndices()
        var rows: [NamedSums] = []
        var last: Int?
        for (unit, score) in scores.rows.enumerated() {
            let row = numbers[units.sequences(unit).lowerBound]
            if row == last { rows[rows.count - 1] += score } else { rows.append(score) }
            last = row
        }
        self.init(rows: rows)
    }
}
