// Base and adapter on the same held-out rows: each metric with an interval and a word of its own.

internal import Evaluation
internal import Foundation
public import JSON
internal import Spelling

/// Held-out loss and metrics of a base and, where there is one, its adapter, each with an interval and a verdict of its
/// own, on one set of rows or several.
public struct EvaluationReport: Presentable {
    /// The recipe's own rows first.
    let sets: [EvaluatedSet]
    let warnings: [String]
    /// Where generated answers and labels were written; nil where they were not.
    let answers: String?

    /// - Precondition: a set at least.
    init(_ sets: [EvaluatedSet], answers: String?, warnings: [String]) {
        precondition(!sets.isEmpty)
        self.sets = sets
        self.answers = answers
        self.warnings = warnings
    }

    private var own: EvaluatedSet { sets[0] }
    private var others: ArraySlice<EvaluatedSet> { sets.dropFirst() }
    private var forgetting: Forgetting? { others.lazy.compactMap { Forgetting($0) }.first }
    private var notes: [String] { sets.flatMap(\.notes) }

    /// The loss, then each metric, of the recipe's own rows.
    var verdict: String { own.compared.verdict }

    public var json: JSONValue {
        var object = JSONObject(own.members)
        if !others.isEmpty {
            object["sets"] = .object(
                JSONObject(others.map { ($0.heldOut.name ?? "", .object(JSONObject($0.members))) }))
        }
        if let forgetting { object["forgetting"] = forgetting.json }
        if let answers { object["answers"] = .string(answers) }
        let warnings = warnings + notes
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map { .string($0) }) }
        return .object(object)
    }

    public var text: String {
        var lines = own.lines
        if !others.isEmpty {
            let table = ComparisonTable(
                [(name: "held out", compared: own.compared)]
                    + others.map { (name: $0.heldOut.name ?? "", compared: $0.compared) })
            lines += ["", "all sets:"] + table.lines
            lines += others.flatMap { set in
                set.details.isEmpty
                    ? [] : ["", "\(ShownText.name(set.heldOut.name ?? "")):"] + set.details.drop { $0.isEmpty }
            }
        }
        if let forgetting { lines += ["", forgetting.line] }
        if let answers { lines.append("answers beside each other: \(path: answers)") }
        return (lines + notes.map { "note: " + $0 }).joined(separator: "\n")
    }
}
