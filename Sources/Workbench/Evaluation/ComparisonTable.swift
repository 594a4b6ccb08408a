// Several sets or slices in one table: a line for each of them and metric.

internal import Evaluation
internal import Foundation

/// Comparisons side by side.
struct ComparisonTable {
    private let parts: [(name: String, compared: ComparedRows)]

    init(_ parts: [(name: String, compared: ComparedRows)]) { self.parts = parts }
    init(_ parts: [(value: String, compared: ComparedRows)]) { self.parts = parts.map { ($0.value, $0.compared) } }

    var lines: [String] {
        let width = min(32, max(4, parts.map { TextColumn.width($0.name) }.max() ?? 0))
        let isCompared = parts.contains { !$0.compared.comparisons.isEmpty }
        let head =
            TextColumn.left("", to: width) + TextColumn.right("rows", to: 7) + "  " + TextColumn.left("metric", to: 15)
            + TextColumn.right("base", to: 10)
            + (isCompared ? TextColumn.right("adapter", to: 10) + TextColumn.right("difference", to: 12) : "")
        return [head] + parts.flatMap { name, compared in lines(name, compared, width) }
    }

    private func lines(_ name: String, _ compared: ComparedRows, _ width: Int) -> [String] {
        compared.base.all.enumerated().map { index, metric in
            let start =
                TextColumn.left(index == 0 ? name : "", to: width) + TextColumn.right(String(metric.rowCount), to: 7)
                + "  " + TextColumn.left(metric.name, to: 15) + Self.number(metric.value)
            guard index < compared.comparisons.count else { return start }
            let comparison = compared.comparisons[index]
            let interval =
                comparison.ci95.map { String(format: "  %+.4f to %+.4f", $0.lowerBound, $0.upperBound) }
                ?? "  no interval"
            return start + Self.number(comparison.adapter)
                + TextColumn.right(ComparedRows.shown(comparison.difference), to: 12) + interval
                + (comparison.verdict.map { "  \($0.rawValue)" } ?? "")
        }
    }

    private static func number(_ value: Double?) -> String {
        TextColumn.right(value.map { String(format: "%.4f", $0) } ?? "–", to: 10)
    }
}
