// Rows that a teacher wrote and that the student can take: what is longer than its rows may be is left out and counted.

internal import Datasets
internal import JSON
internal import Preparation
internal import Recipes
internal import Synthesis
internal import Vocabulary

/// Leaves out what `data.max_length` does not allow: after hours of writing, one long answer is no reason to stop.
struct FittingRows {
    private let builder: ExampleBuilder
    private let decoder: RowDecoder
    /// Whether the recipe says itself what becomes of long rows.
    private let isDecided: Bool

    init(_ session: Session, _ format: RowFormat) throws {
        let data = session.recipe.data
        isDecided = data.tooLong != .error
        var preparation = try session.preparation(for: session.recipe.learnt)
        preparation.settings.format = format
        preparation.settings.tooLong = .drop
        builder = preparation.builder
        decoder = try RowDecoder(preparation.settings, format: format, hasTemplate: preparation.renderer != nil)
    }

    /// The rows that fit; `report` counts the others.
    func fitting(_ rows: [JSONObject], _ report: inout WritingReport) throws -> [JSONObject] {
        guard !isDecided else { return rows }
        var ignored = DatasetReport()
        let fitting = try rows.indices.filter { number in
            let source = SourceRow(
                fields: rows[number], place: RowPlace(file: "rows.jsonl", line: number + 1), index: number)
            return try !builder.examples(of: decoder.row(source, index: number), counting: &ignored).isEmpty
        }
        // Reasons stand after all answers.
        let firstReason = rows.count - report.reasonRows
        report.reasonRows = fitting.count { $0 >= firstReason }
        report.tooLong = rows.count - fitting.count
        report.rows = fitting.count
        return fitting.map { rows[$0] }
    }
}
