// Precision, recall and F1 by label, of one side or of two beside each other.

internal import Evaluation
internal import Foundation
internal import JSON

/// Tables of the same labels.
struct LabelTable {
    private let sides: [(name: String, table: ClassTable)]

    init(_ sides: [(name: String, table: ClassTable)]) { self.sides = sides }

    /// "per_class", then the averages.
    static func json(_ table: ClassTable) -> JSONObject {
        var object = JSONObject([
            ("per_class", .object(JSONObject(zip(table.names, table.scores).map { ($0, json($1)) })))
        ])
        for average in ClassAverage.allCases { object[average.rawValue] = json(table.average(average)) }
        return object
    }

    private static func json(_ scores: ClassScores) -> JSONValue {
        [
            "precision": .double(scores.precision), "recall": .double(scores.recall), "f1": .double(scores.f1),
            "support": .integer(scores.support),
        ]
    }

    /// Labels of which the table is shown; of more, it stands in the JSON alone.
    private static let mostRows = 60

    var lines: [String] {
        let labels = sides.first?.table.names ?? []
        guard labels.count <= Self.mostRows else {
            return ["the table of \(labels.count) labels stands in the JSON"]
        }
        let averages = [ClassAverage.macro, .weighted], names = averages.map { $0.rawValue + " average" }
        let width = Self.width(labels + names)
        func line(_ name: String, _ scores: [ClassScores]) -> String {
            TextColumn.left(name, to: width)
                + scores.map { String(format: "  %9.4f %8.4f %8.4f", $0.precision, $0.recall, $0.f1) }.joined()
                + String(format: "  %7d", scores.first?.support ?? 0)
        }
        let over = TextColumn.left("", to: width) + sides.map { "  " + TextColumn.left($0.name, to: 27) }.joined()
        let head =
            TextColumn.left("label", to: width)
            + sides.map { _ in "  precision   recall       f1" }.joined() + "  support"
        return [over, head]
            + labels.indices.map { label in line(labels[label], sides.map { $0.table.scores[label] }) }
            + zip(names, averages).map { name, average in line(name, sides.map { $0.table.average(average) }) }
    }

    /// How wide a column of names is.
    static func width(_ names: [String]) -> Int { min(32, names.map(TextColumn.width).max() ?? 0) }
}
