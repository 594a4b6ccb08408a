// `${NAME}` within YAML, whose braces and commas would otherwise end a value within { } and [ ].

/// Hides the signs of YAML that stand within `${…}` while the YAML is read.
///
/// A sign gives way to one private character, so that every place in the text keeps its line and column.
enum ShelteredVariables {
    private static let signs: [UnicodeScalar] = ["{", "}", "[", "]", ",", ":", "#"]
    private static let firstPlaceholder: UInt32 = 0xE200

    /// The text with its variables sheltered; as it is, where it has such private characters itself.
    static func hide(in yaml: String) -> String {
        guard yaml.contains("${"), !yaml.unicodeScalars.contains(where: { sign(for: $0) != nil }) else { return yaml }
        var text = Array(yaml.unicodeScalars)
        var start = 0
        while start + 1 < text.count {
            guard text[start] == "$", text[start + 1] == "{", let end = end(of: start, in: text) else {
                start += 1
                continue
            }
            for place in start...end { text[place] = placeholder(for: text[place]) ?? text[place] }
            start = end + 1
        }
        return String(String.UnicodeScalarView(text))
    }

    /// The text as it was before `hide`.
    static func show(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { sign(for: $0) != nil }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { sign(for: $0) ?? $0 }))
    }

    /// Where the variable that begins at `start` ends: on the same line, or it is none.
    private static func end(of start: Int, in text: [UnicodeScalar]) -> Int? {
        let end = text[start...].firstIndex { $0 == "}" || $0 == "\n" || $0 == "\r" }
        return end.flatMap { text[$0] == "}" ? $0 : nil }
    }

    private static func placeholder(for scalar: UnicodeScalar) -> UnicodeScalar? {
        signs.firstIndex(of: scalar).flatMap { UnicodeScalar(firstPlaceholder + UInt32($0)) }
    }

    private static func sign(for scalar: UnicodeScalar) -> UnicodeScalar? {
        guard scalar.value >= firstPlaceholder else { return nil }
        let number = Int(scalar.value - firstPlaceholder)
        return signs.indices.contains(number) ? signs[number] : nil
    }
}
