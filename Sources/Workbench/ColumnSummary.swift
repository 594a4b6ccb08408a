// Rows of a form that Lathe does not know, described by their columns.

internal import Datasets
internal import JSON
internal import Preparation

/// What the columns of a file hold.
struct ColumnSummary {
    private struct Column {
        var name: String
        var rows = 0
        /// Rows by the type of the value, in the order of first appearance.
        var types: [(name: String, count: Int)] = []
        var longestText = 0
        var example: String?
    }

    private static let columnLimit = 200
    private static let exampleCharacterCount = 60

    private var columns: [Column] = []
    private var numbers: [String: Int] = [:]
    private(set) var rows = 0

    /// Reads all rows of a file.
    init(of path: String) throws {
        var settings = InputSettings.strict
        settings.badRows = .countAll
        let reader = try RowReader(files: [path], settings: settings)
        while let row = try reader.next() {
            rows += 1
            for member in row.fields.members { add(member.value, to: member.key) }
        }
    }

    private mutating func add(_ value: JSONValue, to name: String) {
        let number: Int
        if let known = numbers[name] {
            number = known
        } else {
            guard columns.count < Self.columnLimit else { return }
            number = columns.count
            numbers[name] = number
            columns.append(Column(name: name))
        }
        columns[number].rows += 1
        let type = value.typeName
        if let known = columns[number].types.firstIndex(where: { $0.name == type }) {
            columns[number].types[known].count += 1
        } else {
            columns[number].types.append((type, 1))
        }
        guard !value.isNull else { return }
        let text = value.string ?? value.text()
        columns[number].longestText = max(columns[number].longestText, text.utf8.count)
        if columns[number].example == nil, !text.isEmpty {
            // One line of the terminal.
            let shown = PersonalDataCover().text(text, under: name).split(whereSeparator: \.isNewline).joined(
                separator: " ")
            columns[number].example =
                shown.unicodeScalars.count > Self.exampleCharacterCount
                ? String(shown.unicodeScalars.prefix(Self.exampleCharacterCount)) + "…" : shown
        }
    }

    /// A column a line.
    var json: [JSONValue] {
        columns.map { column in
            [
                "name": .string(PersonalDataCover().text(column.name)), "rows": .integer(column.rows),
                "types": .string(column.types.map { "\($0.name) \($0.count)" }.joined(separator: ", ")),
                "longest_bytes": .integer(column.longestText), "example": .string(column.example ?? ""),
            ]
        }
    }
}
