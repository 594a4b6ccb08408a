// Columns of tables for people.

internal import Spelling

/// A cell of a table in a terminal.
enum TextColumn {
    /// Text from a file, cut where it is wider than `width`, and blanks behind it.
    static func left(_ text: String, to width: Int) -> String {
        let text = ShownText.name(text)
        guard self.width(text) > width else { return text + blanks(width - self.width(text)) }
        var cut = text
        while !cut.isEmpty, self.width(cut) > width - 1 { cut.removeLast() }
        return cut + "…" + blanks(width - 1 - self.width(cut))
    }

    static func right(_ text: String, to width: Int) -> String { blanks(width - self.width(text)) + text }

    /// How many places a text takes: characters of East Asia take two.
    static func width(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            let value = character.unicodeScalars.first?.value ?? 0
            return sum + (wide.contains { $0.contains(value) } ? 2 : 1)
        }
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]

    private static func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}
