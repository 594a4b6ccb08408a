// The list of a model's verdicts as a person reads it: all rows as JSON lines, the first of them as a table.

internal import JSON

/// Writes a list of verdicts. Whatever is shown of a row is covered as in every report.
struct VerdictWriting {
    private let list: VerdictList
    private let rows: WaitingRows
    private let text: ExampleText
    private let cover: PersonalDataCover

    /// Rows of the table: more than anybody reads.
    private static let tableRows = 200
    private static let cellCharacters = 160

    init(_ list: VerdictList, rows: WaitingRows, text: ExampleText, cover: PersonalDataCover) {
        self.list = list
        self.rows = rows
        self.text = text
        self.cover = cover
    }

    /// One JSON object a line, in the list's order.
    func lines(_ put: ([UInt8]) throws -> Void) throws {
        for (place, number) in list.order.enumerated() {
            var bytes: [UInt8] = []
            JSONBytes.append(.object(try entry(place, number)), to: &bytes)
            try put(bytes + [0x0A])
        }
    }

    private func entry(_ place: Int, _ number: Int) throws -> JSONObject {
        let row = try rows.row(number)
        let verdict = list.verdicts[number]
        return JSONObject(
            [
                ("rank", .integer(place + 1)), ("score", Self.rounded(verdict.score ?? 0)),
                ("kept", .bool(!list.dropped.contains(number))), ("place", .string(row.place.description)),
            ] + verdict.facts.members.map { ($0.key, covered($0.value)) }
                + [("text", .string(cover.text(text.text(of: row))))])
    }

    /// A label can hold a name as well as a text can.
    private func covered(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(cover.text(text))
        case .double(let number): Self.rounded(number)
        default: value
        }
    }

    /// Six decimals: more of them say nothing.
    private static func rounded(_ number: Double) -> JSONValue {
        .double((number * 1e6).rounded() / 1e6)
    }

    // MARK: Table

    /// A table in Markdown, under a heading that says what it shows.
    func table(title: String, settings: String, _ put: ([UInt8]) throws -> Void) throws {
        let shown = list.order.prefix(Self.tableRows)
        let left = list.dropped.count, unjudged = list.verdicts.count - list.order.count
        try put(
            Array(
                ("# \(title)\n\n`\(settings)`\n\n\(list.order.count) rows, \(left) of them left out; "
                    + "the first \(shown.count) stand here, all of them in `\(title).jsonl`."
                    + (unjudged > 0 ? " \(unjudged) more could not be judged, and stay." : "") + "\n\n").utf8))
        for (place, number) in shown.enumerated() {
            let entry = try entry(place, number)
            if place == 0 {
                try put(Self.line(entry.members.map(\.key)))
                try put(Self.line(entry.members.map { _ in "---" }))
            }
            try put(Self.line(entry.members.map { Self.cell($0.value) }))
        }
    }

    private static func line(_ cells: [String]) -> [UInt8] {
        Array(("| " + cells.joined(separator: " | ") + " |\n").utf8)
    }

    /// A value on one line, without what would end a cell.
    private static func cell(_ value: JSONValue) -> String {
        let text =
            switch value {
            case .string(let text): text
            case .null: ""
            default: value.text()
            }
        let flat = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let short = flat.count > cellCharacters ? flat.prefix(cellCharacters) + "…" : flat[...]
        return String(short).replacing("\\", with: "\\\\").replacing("|", with: "\\|").replacing("<", with: "&lt;")
    }
}
