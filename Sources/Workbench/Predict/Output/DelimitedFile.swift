// Predictions as a table of text: RFC 4180, lines that end with a line feed, the first names the columns.

internal import Foundation
internal import JSON

final class DelimitedFile: PredictionFile {
    private let file: BufferedFile
    private let names: [String]
    private let places: [String: Int]
    private let separator: Character

    init(_ url: URL, _ columns: OutputColumns, separator: Character) throws {
        file = try BufferedFile(url)
        names = columns.all.map(\.name)
        places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        self.separator = separator
        try file.write(line(names).utf8)
    }

    func write(_ values: [(name: String, value: Prediction.Value)]) throws {
        var fields = [String](repeating: "", count: names.count)
        for (name, value) in values { if let place = places[name] { fields[place] = Self.text(value.json) } }
        try file.write(line(fields).utf8)
    }

    func finish() throws -> URL { try file.finish() }

    /// Texts as they are, nothing for null, everything else as JSON.
    private static func text(_ value: JSONValue) -> String {
        value.isNull ? "" : value.string ?? value.text()
    }

    private func line(_ fields: [String]) -> String {
        fields.map(quoted).joined(separator: String(separator)) + "\n"
    }

    private func quoted(_ field: String) -> String {
        let needsQuotes = field.unicodeScalars.contains { scalar in
            scalar == "\"" || scalar == "\n" || scalar == "\r" || Character(scalar) == separator
        }
        // White space at the ends is taken off by some readers.
        let isPadded = field.first?.isWhitespace == true || field.last?.isWhitespace == true
        guard needsQuotes || isPadded else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
