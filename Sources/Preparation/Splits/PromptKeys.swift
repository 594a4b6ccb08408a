// What makes two rows ask the same.

internal import Datasets
internal import JSON

/// Keys of rows by what they ask: rows with one key stand on one side of a split.
struct PromptKeys: Sendable {
    private let fields: TextFields
    private let columns: ColumnNames

    init(_ columns: ColumnNames) {
        fields = TextFields.prompt(columns: columns)
        self.columns = columns
    }

    func key(of row: Row) -> String { Self.key(ofText: text(of: row)) }

    /// Letters and digits in lower case, what stands between them as one space.
    static func key(ofText text: String) -> String {
        var key = ""
        var isGap = false
        for wide in text.lowercased().unicodeScalars {
            let scalar = Unicode.Scalar(narrowed(wide.value)) ?? wide
            if scalar.isASCII
                ? isWordCharacter(scalar.value) : scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            {
                if isGap, !key.isEmpty { key += " " }
                key.unicodeScalars.append(scalar)
                isGap = false
            } else {
                isGap = true
            }
        }
        // A prompt of signs only is its own key.
        return key.isEmpty ? text : key
    }

    /// What the row asks: what is said before an assistant answers, or its prompt.
    private func text(of row: Row) -> String {
        guard let turns = turns(of: row.fields), !turns.isEmpty else {
            var parts: [String] = []
            fields.forEach(in: row.fields) { parts.append($0) }
            return parts.joined(separator: "\n")
        }
        var asked: [String] = []
        var said: [String] = []
        for (number, turn) in turns.enumerated() {
            let content = columns["content"].map { turn[$0] } ?? turn["content"] ?? turn["value"] ?? turn["text"]
            let text = content?.string ?? content?.text() ?? ""
            let role = columns.roles.role(of: turn, number: number, key: columns["role"])
            said.append(text)
            if role == "assistant" {
                // A greeting before the question is no answer to it.
                if asked.isEmpty { continue }
                break
            }
            if role != "system" { asked.append(text) }
        }
        return (asked.isEmpty ? said : asked).joined(separator: "\n")
    }

    private func turns(of fields: JSONObject) -> [JSONValue]? {
        let value = columns["messages"].map { fields[$0] } ?? fields["messages"] ?? fields["conversations"]
        if let text = value?.string, text.hasPrefix("[") { return (try? JSONValue(parsing: text))?.array }
        return value?.array
    }
}
