// How words stand out on a terminal that has colours.

/// A look of words. None says what the words do not.
public enum TerminalStyle: String, Sendable {
    case plain = ""
    case strong = "1"
    case calm = "2"
    case good = "32"
    case warning = "33"
    case curve = "36"

    /// The text between what turns the look on and off.
    public func painted(_ text: String) -> String {
        self == .plain || text.isEmpty ? text : "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
}
