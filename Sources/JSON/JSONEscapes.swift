// The characters that a JSON string cannot hold as they are (RFC 8259, section 7).

/// How a text stands within quotation marks.
public enum JSONEscapes {
    /// What is escaped beyond what must be, and how: one text has several spellings.
    public enum Style: Sendable {
        /// As `JSONValue.text` writes: U+007F is escaped too, and backspace and form feed by number.
        case plain
        /// As Python's `json.dumps` writes, with `ensure_ascii` or without.
        case python(asciiOnly: Bool)
    }

    /// Appends `text` to `output`, without the quotation marks around it.
    public static func append(_ text: String, to output: inout String, _ style: Style = .plain) {
        for scalar in text.unicodeScalars {
            switch (scalar, style) {
            case ("\"", _): output += "\\\""
            case ("\\", _): output += "\\\\"
            case ("\n", _): output += "\\n"
            case ("\r", _): output += "\\r"
            case ("\t", _): output += "\\t"
            case ("\u{8}", .python): output += "\\b"
            case ("\u{C}", .python): output += "\\f"
            case ("\u{0}"..<"\u{20}", _), ("\u{7F}", .plain): appendNumber(scalar, to: &output)
            case (_, .python(asciiOnly: true)) where scalar.value > 0x7E: appendNumber(scalar, to: &output)
            default: output.unicodeScalars.append(scalar)
            }
        }
    }

    /// `text` without the quotation marks around it.
    public static func escaped(_ text: String, _ style: Style = .plain) -> String {
        var output = ""
        append(text, to: &output, style)
        return output
    }

    /// "\u00e9"; two of them where UTF-16 needs two units.
    private static func appendNumber(_ scalar: Unicode.Scalar, to output: inout String) {
        for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            output += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
    }
}
