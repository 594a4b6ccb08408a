// A line that fits the terminal: what is beyond its last column would wrap, and a line that wraps cannot be redrawn.

internal import Foundation

/// The width of text on a terminal.
public enum TerminalLine {
    /// Columns of the terminal behind `descriptor`; nil where there is none or it does not say.
    public static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Columns that `text` takes: East Asian characters and pictures two, marks that join what is before them none.
    public static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    /// As much of `text` as fits `columns`; what is cut shows as an ellipsis.
    public static func cut(_ text: String, to columns: Int) -> String {
        guard width(text) > columns else { return text }
        var (result, used) = ("", 1)
        for character in text {
            used += width(character)
            if used > columns { break }
            result.append(character)
        }
        return columns > 0 ? result + "…" : ""
    }

    private static func width(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        switch first.value {
        case 0..<0x20, 0x7F..<0xA0: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default:
            return first.properties.generalCategory == .nonspacingMark || first.properties.generalCategory == .format
                ? 0 : 1
        }
    }
}
