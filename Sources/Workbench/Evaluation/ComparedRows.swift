// Base and adapter on the same rows, metric by metric: values, differences with intervals, words.

internal import Evaluation
internal import Foundation
internal import JSON
internal import Objectives
internal import Recipes
internal import Spelling

/// How rows are drawn again for intervals.
struct Resampling {
    let seed: UInt64
    let samples: Int
    /// Of each held-out row, the cluster that it belongs to; nil where rows stand alone.
    var clusters: [Int]?

    init(_ recipe: Recipe, clusters: [Int]? = nil) {
        seed = UInt64(bitPattern: Int64(recipe.seed))
        samples = recipe.evaluate.bootstrapSamples
        self.clusters = clusters
    }

    func comparison(base: RowMetric, adapter: RowMetric) -> PairedComparison {
        PairedComparison(base: base, adapter: adapter, seed: seed, sampleCount: samples, clusters: clusters)
    }
}

/// Both sides, or the base alone, on the rows of a set or a slice of one.
struct ComparedRows {
    let objective: any Objective
    let base: MeasuredSide
    let adapter: MeasuredSide?
    /// Of the loss, then of each metric; empty without an adapter.
    let comparisons: [PairedComparison]
    /// What texts are compared in, where they are.
    var units: TextUnits?
    /// Whether the prompts name the labels; nil where nothing is classified.
    var namesLabels: Bool?

    init(_ objective: any Objective, base: MeasuredSide, adapter: MeasuredSide?, _ resampling: Resampling) {
        self.objective = objective
        self.base = base
        self.adapter = adapter
        comparisons =
            adapter.map { adapter in
                zip(base.all, adapter.all).map { resampling.comparison(base: $0, adapter: $1) }
            } ?? []
    }

    /// The same on those rows alone that fulfil `condition`.
    func restricted(_ resampling: Resampling, to condition: (_ number: Int) -> Bool) -> ComparedRows {
        var rows = ComparedRows(
            objective, base: base.restricted(to: condition), adapter: adapter?.restricted(to: condition), resampling)
        (rows.units, rows.namesLabels) = (units, namesLabels)
        return rows
    }

    // MARK: JSON

    /// "base", "adapter", "difference", "metrics".
    var members: [JSONObject.Member] {
        var members: [JSONObject.Member] = [("base", json(base))]
        if let adapter, let loss = comparisons.first {
            members.append(("adapter", json(adapter)))
            members.append(
                (
                    "difference",
                    .object(
                        JSONObject(
                            [("loss", Self.number(loss.difference))] + Self.found(loss) + [
                                ("rows", .integer(loss.rowCount))
                            ]))
                ))
        }
        let metrics = base.metrics.enumerated().map { ($0.element.name, json($0.element, at: $0.offset)) }
        if !metrics.isEmpty { members.append(("metrics", .object(JSONObject(metrics)))) }
        return members
    }

    /// What the objective says of a side without an interval.
    private var summaries: [Measure] {
        objective.measures.filter { measure in
            !measure.isCompared && !base.metrics.contains { $0.name == measure.name }
        }
    }

    private func json(_ metric: RowMetric, at index: Int) -> JSONValue {
        var members: [JSONObject.Member] = [("base", Self.number(metric.value))]
        if !comparisons.isEmpty {
            let comparison = comparisons[index + 1]
            members +=
                [("adapter", Self.number(comparison.adapter)), ("difference", Self.number(comparison.difference))]
                + Self.found(comparison)
        }
        members.append(("rows", .integer(metric.rowCount)))
        if metric.name == "accuracy", let namesLabels { members.append(("prompts_name_labels", .bool(namesLabels))) }
        if Self.countsUnits(metric), let units { members.append(("units", .string(units.rawValue))) }
        return .object(JSONObject(members))
    }

    /// What an interval says.
    private static func found(_ comparison: PairedComparison) -> [JSONObject.Member] {
        var members: [JSONObject.Member] = [
            ("ci95", comparison.ci95.map { [.double($0.lowerBound), .double($0.upperBound)] } ?? .null),
            ("verdict", comparison.verdict.map { .string($0.rawValue) } ?? .null),
            ("rows_needed", comparison.rowsNeeded.map { .integer($0) } ?? .null),
        ]
        if let clusters = comparison.clusterCount { members.append(("clusters", .integer(clusters))) }
        return members
    }

    private func json(_ side: MeasuredSide) -> JSONValue {
        .object(
            JSONObject(
                [("loss", Self.number(side.scores.loss))]
                    + summaries.map { ($0.name, Self.number($0.value(side.scores.total))) }
                    + side.metrics.map { ($0.name, Self.number($0.value)) }))
    }

    private static func number(_ value: Double?) -> JSONValue { value.map { .double($0) } ?? .null }

    private static func countsUnits(_ metric: RowMetric) -> Bool {
        EvaluationMetric(rawValue: metric.name)?.countsUnits == true
    }

    // MARK: Text

    /// A line for each metric, base and adapter beside each other.
    var table: [String] {
        func row(_ name: String, _ values: [Double?], digits: Int = 4, _ rest: String = "") -> String {
            TextColumn.left(name.replacingOccurrences(of: "_", with: " "), to: 18)
                + values.map { TextColumn.right($0.map { String(format: "%.\(digits)f", $0) } ?? "–", to: 12) }.joined()
                + rest
        }
        let sides = [base] + (adapter.map { [$0] } ?? [])
        return [
            TextColumn.left("", to: 18)
                + ["base", "adapter"].prefix(sides.count).map { TextColumn.right($0, to: 12) }.joined(),
            row("loss", sides.map(\.scores.loss)),
        ]
            + summaries.map { measure in
                row(measure.name, sides.map { measure.value($0.scores.total) }, digits: measure.digits)
            }
            + base.metrics.enumerated().map { index, metric in
                row(
                    metric.name, sides.map { $0.metrics[index].value },
                    "  \(Count.text(metric.rowCount, "row"))"
                        + (Self.countsUnits(metric) && units == .characters ? ", by characters" : ""))
            }
    }

    /// Each metric's difference with its interval.
    var differences: [String] {
        comparisons.map { comparison in
            "difference in \(comparison.metric) \(Self.shown(comparison.difference)), "
                + Self.interval(comparison) + Self.needed(comparison)
        }
    }

    /// A difference with its sign; a dash where it is not known.
    static func shown(_ difference: Double?) -> String { difference.map { String(format: "%+.4f", $0) } ?? "–" }

    static func interval(_ comparison: PairedComparison) -> String {
        comparison.ci95.map { String(format: "95%% interval %+.4f to %+.4f", $0.lowerBound, $0.upperBound) }
            ?? ((comparison.clusterCount ?? comparison.rowCount) < 2
                ? "too few \(comparison.clusterCount == nil ? "rows" : "clusters") for an interval"
                : comparison.base == nil || comparison.adapter == nil
                    ? "no interval: a side has no value" : "no interval: a number is not finite")
    }

    /// How many rows would tell, where these do not.
    private static func needed(_ comparison: PairedComparison) -> String {
        guard comparison.verdict == .noDifference, let needed = comparison.rowsNeeded, needed > comparison.rowCount
        else { return "" }
        return "; if it is as large as that, about \(Count.text(needed, "row")) would show it"
    }

    /// "loss better; rouge_l no difference"; the word alone where there is only the loss.
    var verdict: String {
        func word(_ comparison: PairedComparison) -> String { comparison.verdict?.rawValue ?? "none (no interval)" }
        return comparisons.count == 1
            ? word(comparisons[0]) : comparisons.map { "\($0.metric) \(word($0))" }.joined(separator: "; ")
    }
}
