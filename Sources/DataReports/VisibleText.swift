// Characters that would not show, or would steer what shows them, as something to see.

extension Unicode.Scalar {
    /// Control characters, line and paragraph separators, marks that turn the direction of writing, and what XML cannot hold.
    var isUnprintable: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB:
            true
        case 0xE0000...0xE007F: true
        default: value & 0xFFFE == 0xFFFE || 0xFDD0...0xFDEF ~= value
        }
    }

    /// "␀", "␛", "⟨U+202E⟩".
    var picture: String {
        if value < 0x20 { return String(Character(Unicode.Scalar(0x2400 + value) ?? "␀")) }
        if value == 0x7F { return "␡" }
        let digits = String(value, radix: 16, uppercase: true)
        return "⟨U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "⟩"
    }
}
