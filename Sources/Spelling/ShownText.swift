// Text from files on its way to a person: nothing in it steers the terminal, and none of it fills the screen.

extension Unicode.Scalar {
    /// Control characters, line and paragraph separators, marks that turn the direction of writing, and what XML cannot hold.
    public var isUnprintable: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB:
            true
        case 0xE0000...0xE007F: true
        default: value & 0xFFFE == 0xFFFE || 0xFDD0...0xFDEF ~= value
        }
    }

    /// "␀", "␛", "⟨U+202E⟩".
    public var picture: String {
        if value < 0x20 { return String(Character(Unicode.Scalar(0x2400 + value) ?? "␀")) }
        if value == 0x7F { return "␡" }
        let digits = String(value, radix: 16, uppercase: true)
        return "⟨U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "⟩"
    }
}

/// How text that comes from files is shown.
public enum ShownText {
    /// Characters of one name or text, and of one line of a message, that are shown.
    private static let longestName = 400
    private static let longestLine = 2000
    private static let mostLines = 400

    /// A name, key or text of a file within a line: no character of it is obeyed, line breaks neither.
    public static func name(_ text: String) -> String { cut(pictured(text) { _ in false }, longestName) }

    /// A message of some lines: its line breaks are its own.
    public static func message(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            cut(obeyingNothing($0), longestLine)
        }
        if lines.count > mostLines {
            lines = lines.prefix(mostLines) + ["… (\(lines.count - mostLines) more lines)"]
        }
        return lines.joined(separator: "\n")
    }

    /// Text whole, with its line breaks and tabs, and nothing else in it that a terminal obeys.
    public static func whole(_ text: String) -> String { obeyingNothing(text) }

    /// JSON that reads the same, without a character in it that a terminal obeys: they can only stand in its strings.
    public static func json(_ text: String) -> String {
        func escape(_ scalar: Unicode.Scalar) -> String {
            String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16)
                return #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        }
        return pictured(text, by: escape) { $0 == "\n" }
    }

    private static func obeyingNothing(_ text: some StringProtocol) -> String {
        pictured(String(text)) { $0 == "\n" || $0 == "\t" }
    }

    private static func pictured(
        _ text: String, by picture: (Unicode.Scalar) -> String = { $0.picture },
        keeping isKept: (Unicode.Scalar) -> Bool
    ) -> String {
        guard text.unicodeScalars.contains(where: { $0.isUnprintable && !isKept($0) }) else { return text }
        var output = ""
        for scalar in text.unicodeScalars {
            if scalar.isUnprintable, !isKept(scalar) {
                output += picture(scalar)
            } else {
                output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    private static func cut(_ text: String, _ most: Int) -> String {
        guard text.utf8.count > most, text.count > most else { return text }
        return text.prefix(most) + "… (\(text.count - most) more characters)"
    }
}
