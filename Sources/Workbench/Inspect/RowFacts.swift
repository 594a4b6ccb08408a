// What is in a file of rows whose form nobody named: its fields, as they stand there.

internal import Datasets
internal import JSON
internal import Preparation

/// Facts about rows that Lathe can read, but not yet train on.
struct RowFacts {
    private let path: String
    private let reason: DatasetProblem?
    private var input = InputReport()
    private var fields: [(name: String, types: [String], count: Int)] = []
    private var looked = 0
    private var first: JSONObject?

    private static let lookedAt = 1_000

    /// - Parameter reason: why the rows are no training rows as they are.
    init(_ path: String, because reason: DatasetError) throws {
        self.path = path
        self.reason = reason.problems.first
        var settings = InputSettings.strict
        settings.maximumBadRows = Int.max
        let reader = try RowReader(files: [path], settings: settings)
        while let row = try reader.next() {
            if first == nil { first = row.fields }
            if looked < Self.lookedAt { look(at: row.fields) }
        }
        input = reader.report
        guard input.rows > 0 else { throw reason }
    }

    private mutating func look(at row: JSONObject) {
        looked += 1
        for member in row.members {
            let type = member.value.typeName
            guard let known = fields.firstIndex(where: { $0.name.utf8.elementsEqual(member.key.utf8) }) else {
                fields.append((member.key, [type], 1))
                continue
            }
            fields[known].count += 1
            if !fields[known].types.contains(type) { fields[known].types.append(type) }
        }
    }

    var json: JSONValue {
        let file = input.files.first
        let cover = PersonalDataCover()
        return [
            "kind": "dataset", "path": .string(path), "format": "unknown", "rows": .integer(input.rows),
            "bad_rows": .integer(input.badRows), "encoding": file?.encoding.map { .string($0.rawValue) } ?? .null,
            "sha256": .string(file?.digest ?? ""),
            "fields": .array(
                fields.map { field in
                    [
                        "name": .string(Self.short(cover.text(field.name))),
                        "type": .string(field.types.joined(separator: " or ")),
                        "in": .string(field.count == looked ? "every row" : "\(field.count) of \(looked) rows"),
                    ]
                }),
            "first_row": .string(Self.short(first.map { JSONValue.object(cover.fields($0)).text() } ?? "", 300)),
            "as_training_rows": .string(
                reason.map { [$0.message, $0.hint].compactMap { $0.map { cover.text($0) } }.joined(separator: "; ") }
                    ?? ""),
        ]
    }

    private static func short(_ text: String, _ most: Int = 60) -> String {
        text.count > most ? text.prefix(most - 1) + "…" : text
    }
}
