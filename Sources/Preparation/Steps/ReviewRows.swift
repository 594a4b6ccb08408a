// `review`: rows that a person has marked as wrong are left out. A mark knows its row by what stands in the file, wherever it stands.

internal import Datasets
internal import JSON
internal import Recipes

final class ReviewRows: RowStep {
    private let text: ExampleText
    /// Bytes of marked rows, with the place of the mark.
    private var marked: [[UInt8]: RowPlace] = [:]
    private var isFound: Set<[UInt8]> = []

    init(_ step: ReviewStep, _ report: StepReport, path: String, columns: ColumnNames, next: any RowSink) throws {
        text = ExampleText(TextFields([], columns: columns, coversAll: false))
        super.init(report, next: next)
        let marks = try RowReader(files: step.marks, settings: .strict)
        while let mark = try marks.next() {
            guard let row = mark.fields["row"]?.object, let isWrong = mark.fields["wrong"]?.bool else {
                throw StepError(
                    path + ".marks", mark.place.description, "a mark holds row, as it stands in its file, and wrong",
                    hint: "lathe studio writes such marks")
            }
            // Of several marks of a row the last counts.
            marked[Self.bytes(row)] = isWrong ? mark.place : nil
        }
    }

    /// The row in one spelling.
    private static func bytes(_ row: JSONObject) -> [UInt8] { Array(JSONValue.object(row).text().utf8) }

    override func process(_ row: Row) throws {
        guard !marked.isEmpty else { return try emit(row) }
        let bytes = Self.bytes(row.fields)
        guard marked[bytes] != nil else { return try emit(row) }
        isFound.insert(bytes)
        note { $0.remove("mark", place: row.place.description) { text.text(of: row) } }
    }

    override func conclude() {
        let rest = marked.filter { !isFound.contains($0.key) }.values.sorted { ($0.file, $0.line) < ($1.file, $1.line) }
        guard let first = rest.first else { return }
        note { $0.unmatchedMarks = UnmatchedMarks(count: rest.count, first: first.description) }
    }
}
