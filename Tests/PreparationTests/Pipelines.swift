// Rows through the steps of a recipe, for tests.

import Datasets
import Foundation
import JSON
import Preparation
import Recipes

/// The rows that come out, and the report.
struct Prepared {
    var rows: [Row]
    var report: PreparationReport

    var train: [Row] { rows.filter { !$0.isHeldOut } }
    var heldOut: [Row] { rows.filter(\.isHeldOut) }

    /// One field of every row.
    func texts(_ field: String = "text") -> [String] { rows.map { $0.fields[field]?.string ?? "" } }
}

/// Keeps all rows.
private final class RowCollector: RowSink {
    private(set) var rows: [Row] = []

    func receive(_ row: Row) { rows.append(row) }
    func finish() {}
}

/// Runs `data` (YAML, the keys of the data section) over rows.
func prepare(
    _ data: String, train: [JSONObject], heldOut: [JSONObject] = [], environment: [String: String] = [:],
    limits: MemoryLimits = MemoryLimits(), judge: (any RowJudge)? = nil, lists: (any RowLists)? = nil
) throws -> Prepared {
    let held = heldOut.isEmpty ? "" : ", held_out: h.jsonl"
    let yaml = "model: { path: m }\ndata: { train: t.jsonl\(held)\(data.isEmpty ? "" : ", " + data) }\n"
    let recipe = try Recipe.load(yaml: yaml, file: "r.yaml")
    let collector = RowCollector()
    var context = PreparationContext(
        scratch: FileManager.default.temporaryDirectory, countTokens: { $0.split(separator: " ").count },
        environment: environment)
    context.limits = limits
    (context.judge, context.lists) = (judge, lists)
    let pipeline = try RowPipeline(recipe.data, seed: recipe.seed, context: context, into: collector)
    for (index, fields) in train.enumerated() {
        try pipeline.receive(Row(fields: fields, place: RowPlace(file: "t.jsonl", line: index + 1), index: index))
    }
    for (index, fields) in heldOut.enumerated() {
        try pipeline.receive(
            Row(
                fields: fields, place: RowPlace(file: "h.jsonl", line: index + 1), index: train.count + index,
                isHeldOut: true))
    }
    let report = try pipeline.finish()
    return Prepared(rows: collector.rows, report: report)
}

/// Rows of one text each.
func rows(_ texts: [String]) -> [JSONObject] { texts.map { JSONObject([("text", .string($0))]) } }

/// One text through one step.
func through(_ step: String, _ text: String) throws -> String {
    try prepare("steps: [\(step)]", train: rows([text])).texts().first ?? ""
}
