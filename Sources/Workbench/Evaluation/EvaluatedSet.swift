// What a set of held-out rows came to: its metrics, its labels, its slices.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import JSON
internal import Recipes
internal import Spelling

/// Base and adapter on one set of held-out rows.
struct EvaluatedSet {
    let heldOut: HeldOutSet
    let compared: ComparedRows
    /// The same of what the run's last step led to, where the adapter is a mean of its steps.
    private let last: ComparedRows?
    private let classification: ClassificationReport?
    private let labelSets: LabelSetReport?
    private let spans: SpanReport?
    /// By field, then by value.
    private let slices: [(field: String, values: [(value: String, compared: ComparedRows)])]
    private let clusterField: String?

    var base: MeasuredSide { compared.base }
    var adapter: MeasuredSide? { compared.adapter }
    private var data: DatasetReport { heldOut.rows.report }

    init(
        _ recipe: Recipe, _ set: HeldOutSet, base: MeasuredSide, adapter: MeasuredSide?, last: MeasuredSide? = nil,
        units: TextUnits?
    ) {
        heldOut = set
        let own = base
        let (base, adapter) = (adapter == nil ? own : own.countingWins(over: own), adapter?.countingWins(over: own))
        let resampling = Resampling(recipe, clusters: set.groups.clusters)
        var compared = ComparedRows(set.objective, base: base, adapter: adapter, resampling)
        compared.units = units
        compared.namesLabels = set.tasks.namesLabels
        self.compared = compared
        self.last = last.map {
            ComparedRows(set.objective, base: base, adapter: $0.countingWins(over: own), resampling)
        }
        classification = base.labels.map { ClassificationReport(base: $0, adapter: adapter?.labels) }
        labelSets = base.labelSets.map { LabelSetReport(base: $0, adapter: adapter?.labelSets) }
        spans = base.spans.map { SpanReport(base: $0, adapter: adapter?.spans) }
        clusterField = set.groups.clusters == nil ? nil : recipe.evaluate.clusterBy
        slices = set.groups.slices.map { slices in
            (
                slices.field,
                slices.values.map { value, rows in
                    (value, compared.restricted(resampling) { rows.contains($0) })
                }
            )
        }
    }

    var notes: [String] { heldOut.reportNotes }

    // MARK: JSON

    /// Rows, sides, differences, metrics, then what else there is.
    var members: [JSONObject.Member] {
        var members: [JSONObject.Member] =
            [("rows", .integer(base.scores.rows.count)), ("target_tokens", .integer(data.targetTokens))]
            + compared.members
        if let last {
            members.append(("kept", .string("mean")))
            members.append(("last_step", .object(JSONObject(last.members.filter { $0.key != "base" }))))
        }
        if let classification { members.append(("classification", classification.json)) }
        if let labelSets { members.append(("classification", labelSets.json)) }
        if let spans { members.append(("spans", spans.json)) }
        if !slices.isEmpty {
            members.append(("slices", .object(JSONObject(slices.map { ($0.field, Self.json($0.values)) }))))
        }
        if let clusterField { members.append(("cluster_by", .string(clusterField))) }
        return members + [
            ("truncated_rows", .integer(data.truncatedRows)), ("dropped_rows", .integer(data.droppedRows)),
            ("rows_without_target", .integer(data.rowsWithoutTarget)),
        ]
    }

    private static func json(_ values: [(value: String, compared: ComparedRows)]) -> JSONValue {
        .object(
            JSONObject(
                values.map { value, compared in
                    (
                        value,
                        .object(
                            JSONObject([("rows", .integer(compared.base.scores.rows.count))] + compared.members))
                    )
                }))
    }

    // MARK: Text

    /// The set in full.
    var lines: [String] {
        ["\(Count.text(base.scores.rows.count, "row")), \(Count.text(data.targetTokens, "target token"))"]
            + compared.table + compared.differences + clusterLine
            + (compared.comparisons.isEmpty ? [] : ["verdict: " + compared.verdict]) + lastLines + tables
    }

    /// What was not kept, with a verdict of its own.
    private var lastLines: [String] {
        guard let last else { return [] }
        return ["kept: the mean of the steps (train.ema_decay); what the last step led to, in its place:"]
            + last.table + last.differences + ["verdict of the last step: " + last.verdict]
    }

    /// What stands beside the one table of several sets.
    var details: [String] { clusterLine + tables }

    private var tables: [String] {
        let ofTask = [classification?.lines, labelSets?.lines, spans?.lines].compactMap(\.self)
        let ofSlices = slices.map { slices in
            ["by \(ShownText.name(slices.field)):"] + ComparisonTable(slices.values).lines
        }
        return (ofTask + ofSlices).flatMap { [""] + $0 }
    }

    /// Below, resamples of clusters are hardly different ones.
    private static let fewClusters = 10

    private var clusterLine: [String] {
        guard let clusterField, let comparison = compared.comparisons.first, let count = comparison.clusterCount else {
            return []
        }
        return [
            "intervals by clusters: rows of the same \(ShownText.name(clusterField)) are drawn together, "
                + Count.text(count, "cluster")
                + (count < Self.fewClusters ? ", so few that the intervals say little" : "")
        ]
    }
}
