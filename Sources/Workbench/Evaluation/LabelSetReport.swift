// Rows with several labels: a table by label, and the thresholds that would be best on these rows.

internal import Evaluation
internal import Foundation
internal import JSON
internal import Spelling

/// How base and, where there is one, adapter label rows that may have several labels.
struct LabelSetReport {
    private let sides: [(name: String, predictions: LabelSetPredictions)]

    init(base: LabelSetPredictions, adapter: LabelSetPredictions?) {
        sides = [("base", base)] + (adapter.map { [("adapter", $0)] } ?? [])
    }

    var json: JSONValue {
        var object = JSONObject([("labels", .array((sides[0].predictions.names).map { .string($0) }))])
        for (name, predictions) in sides {
            var side = LabelTable.json(predictions.table(predictions.thresholds))
            side["thresholds"] = .array(predictions.thresholds.map { .double($0) })
            let best = predictions.bestThresholds
            var chosen = LabelTable.json(predictions.table(best))
            chosen["thresholds"] = .array(best.map { .double($0) })
            // Chosen on the rows that they are measured on, they flatter.
            side["thresholds_chosen_on_these_rows"] = .object(chosen)
            object[name] = .object(side)
        }
        return .object(object)
    }

    var lines: [String] {
        let table = LabelTable(sides.map { ($0.name, $0.predictions.table($0.predictions.thresholds)) }).lines
        guard let last = sides.last?.predictions else { return table }
        let best = zip(last.names, last.bestThresholds).map {
            "\(ShownText.name($0)) " + String(format: "%.3f", $1)
        }
        let f1 = last.table(last.bestThresholds).average(.macro).f1
        return table + [
            "thresholds with the best F1 on these rows, which flatter: " + best.joined(separator: ", ")
                + String(format: "; macro F1 %.4f", f1)
        ]
    }
}
