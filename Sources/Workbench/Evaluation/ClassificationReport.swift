// Labels beside the right ones: a table by label, what was taken for what, McNemar's test of base against adapter, calibration.

internal import Evaluation
internal import Foundation
internal import JSON
internal import Spelling

/// How base and, where there is one, adapter label rows.
struct ClassificationReport {
    /// One side.
    private struct Side {
        let name: String
        let predictions: LabelPredictions
        let matrix: ConfusionMatrix
        let table: ClassTable
        let bins: [CalibrationBin]

        init(_ name: String, _ predictions: LabelPredictions) {
            self.name = name
            self.predictions = predictions
            matrix = predictions.matrix
            table = matrix.table
            bins = LabelCalibration.bins(confidences: predictions.confidences, isRight: predictions.isRight)
        }
    }

    private let sides: [Side]
    /// nil without an adapter.
    private let test: McNemar?
    private let labels: [String]

    init(base: LabelPredictions, adapter: LabelPredictions?) {
        sides = [Side("base", base)] + (adapter.map { [Side("adapter", $0)] } ?? [])
        labels = base.names
        test = adapter.map { McNemar(base: base.isRight, adapter: $0.isRight) }
    }

    // MARK: Form

    var json: JSONValue {
        var object = JSONObject([("labels", .array(labels.map { .string($0) }))])
        for side in sides { object[side.name] = Self.json(side) }
        if let test {
            object["mcnemar"] = [
                "only_base_right": .integer(test.onlyBase), "only_adapter_right": .integer(test.onlyAdapter),
                "exact": .bool(test.isExact), "statistic": .double(test.statistic), "p_value": .double(test.pValue),
            ]
        }
        return .object(object)
    }

    private static func json(_ side: Side) -> JSONValue {
        var object = LabelTable.json(side.table)
        object["confusion_matrix"] = .array(side.matrix.counts.map { .array($0.map { .integer($0) }) })
        let without = side.matrix.withoutPrediction
        if without.contains(where: { $0 > 0 }) {
            object["without_prediction"] = .array(without.map { .integer($0) })
        }
        object["calibration"] = .array(
            side.bins.map { bin in
                [
                    "from": .double(bin.bounds.lowerBound), "to": .double(bin.bounds.upperBound),
                    "rows": .integer(bin.rows), "confidence": .double(bin.confidence),
                    "accuracy": .double(bin.accuracy),
                ]
            })
        return .object(object)
    }

    /// Labels of which the matrix is shown; of more, it stands in the JSON alone.
    private static let mostColumns = 12

    var lines: [String] {
        LabelTable(sides.map { ($0.name, $0.table) }).lines + sides.flatMap(confusion)
            + (test.map { [Self.words($0)] } ?? [])
    }

    /// Rows are labels as they are, columns what they were taken for.
    private func confusion(_ side: Side) -> [String] {
        guard labels.count <= Self.mostColumns else { return mostConfused(side) }
        let width = LabelTable.width(labels)
        let cell = max(6, side.matrix.counts.joined().map { String($0).count }.max() ?? 0)
        let heads = labels.indices.map { String(Character(UnicodeScalar(UInt8(97 + $0)))) }
        return ["\(side.name): labels as they are, and what they were taken for"]
            + [TextColumn.left("", to: width + 4) + heads.map { TextColumn.right($0, to: cell) }.joined()]
            + labels.indices.map { label in
                "(\(heads[label])) " + TextColumn.left(labels[label], to: width)
                    + side.matrix.counts[label].map { TextColumn.right(String($0), to: cell) }.joined()
            }
    }

    /// Of many labels, those that are taken for one another most.
    private func mostConfused(_ side: Side) -> [String] {
        var pairs: [(truth: Int, predicted: Int, rows: Int)] = []
        for truth in labels.indices {
            for predicted in labels.indices where predicted != truth && side.matrix.counts[truth][predicted] > 0 {
                pairs.append((truth, predicted, side.matrix.counts[truth][predicted]))
            }
        }
        pairs.sort { ($1.rows, $0.truth, $0.predicted) < ($0.rows, $1.truth, $1.predicted) }
        return ["\(side.name): most often confused (the whole matrix stands in the JSON)"]
            + pairs.prefix(Self.mostColumns).map {
                "  \(ShownText.name(labels[$0.truth])) taken for \(ShownText.name(labels[$0.predicted])): "
                    + Count.text($0.rows, "row")
            }
    }

    private static func words(_ test: McNemar) -> String {
        "McNemar: the adapter alone is right on \(Count.text(test.onlyAdapter, "row")), the base alone on \(test.onlyBase); "
            + String(format: "p = %.4g", test.pValue) + (test.isExact ? ", exact" : "")
    }
}
