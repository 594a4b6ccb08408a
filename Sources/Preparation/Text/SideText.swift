// What the rows of one side are written in, counted as they leave the steps.

import JSON

/// The texts of all rows of one side.
public struct SideText: Codable, Sendable, Equatable {
    /// Characters of what the format reads.
    public var characters = 0
    /// Letters by script, those scripts that occur, most first.
    public var letters: [NamedCount] = []
    /// Rows by the script that most of their letters are of; "none": rows without letters.
    public var rows: [NamedCount] = []

    public init() {}
}

/// Counts the texts of rows.
struct SideTextCounter {
    private let fields: TextFields
    private var characters = 0
    private var letters = [Int](repeating: 0, count: Script.allCases.count)
    /// The last one counts rows without letters.
    private var rows = [Int](repeating: 0, count: Script.allCases.count + 1)
    private var bytes: [UInt8] = []

    init(columns: ColumnNames) { fields = TextFields([], columns: columns, coversAll: false) }

    mutating func count(_ row: JSONObject) {
        bytes.removeAll(keepingCapacity: true)
        fields.appendText(of: row, to: &bytes)
        let counts = bytes.withUnsafeBufferPointer { CharacterCounts($0) }
        characters += counts.characters
        var main = letters.count
        for (script, count) in counts.letters.enumerated() {
            letters[script] += count
            if count > 0, main == letters.count || count > counts.letters[main] { main = script }
        }
        rows[main] += 1
    }

    var text: SideText {
        var text = SideText()
        text.characters = characters
        text.letters = Self.named(letters)
        text.rows = Self.named(rows)
        return text
    }

    /// Most first; equal counts in the order of scripts.
    private static func named(_ counts: [Int]) -> [NamedCount] {
        counts.enumerated().filter { $0.element > 0 }.sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }
            .map {
                NamedCount(
                    name: $0.offset < Script.allCases.count ? Script.allCases[$0.offset].name : "none",
                    count: $0.element)
            }
    }
}
