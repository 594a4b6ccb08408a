// Spans beside the right ones: one is right where start, end and type are (strict), as seqeval counts them.

public import Datasets

/// Predicted spans of rows beside the right ones.
public struct SpanScores: Sendable {
    /// Of each type, sorted by name.
    public let table: ClassTable
    /// What each row adds to the types of `table`.
    private let increments: [[ClassIncrement]]

    /// - Parameters:
    ///   - truth: of each row the right spans, from `TagScheme.spans` or by characters.
    ///   - predicted: of each row what was predicted. The same span twice counts once.
    ///   - types: that stand in the table even where no span is of them, so that two sides have the same.
    public init(truth: [[TagSpan]], predicted: [[TagSpan]], types: [String] = []) {
        precondition(truth.count == predicted.count)
        let types = Set((truth + predicted).joined().map(\.type) + types)
        let names = types.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
        var counts = [ClassCounts](repeating: ClassCounts(), count: names.count)
        var increments: [[ClassIncrement]] = []
        for (truth, predicted) in zip(truth, predicted) {
            let (truth, predicted) = (Set(truth), Set(predicted))
            var row: [Int: ClassCounts] = [:]
            for span in truth { row[places[span.type] ?? 0, default: ClassCounts()].actual += 1 }
            for span in predicted {
                row[places[span.type] ?? 0, default: ClassCounts()] += ClassCounts(
                    correct: truth.contains(span) ? 1 : 0, predicted: 1)
            }
            let sorted = row.sorted { $0.key < $1.key }.map { (place: $0.key, counts: $0.value) }
            for (place, own) in sorted { counts[place] += own }
            increments.append(sorted)
        }
        table = ClassTable(names: names, counts: counts)
        self.increments = increments
    }

    /// The F1 over all spans, or an average over types.
    public func f1(_ average: ClassAverage = .micro) -> RowMetric {
        .f1(
            average == .micro ? "span_f1" : "\(average.rawValue)_span_f1", average, rows: increments,
            classCount: table.names.count)
    }
}
