// Base and adapter on the same held-out rows: each metric with an interval and a word of its own.

internal import Datasets
internal import Evaluation
internal import Foundation
public import JSON
internal import Objectives
internal import Recipes
internal import Spelling

/// Held-out loss and metrics of a base and, where there is one, its adapter, each with an interval and a verdict of its
/// own.
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

    /// What one side came to.
    struct Side {
        let scores: HeldOutScores
        let metrics: [RowMetric]
    }

    init(
        recipe: Recipe, objective: any Objective, base: Side, adapter: Side?, data: DatasetReport, tasks: HeldOutTasks,
        units: TextUnits?, warnings: [String]
    ) {
        self.objective = objective
        self.data = data
        self.units = units
        self.warnings = warnings
        notes = tasks.notes
        namesLabels = tasks.namesLabels
        (self.base, baseMetrics) = (base.scores, base.metrics)
        (self.adapter, adapterMetrics) = (adapter?.scores, adapter?.metrics ?? [])
        guard let adapter else {
            comparisons = []
            return
        }
        comparisons = zip([.loss(base.scores)] + base.metrics, [.loss(adapter.scores)] + adapter.metrics).map {
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
