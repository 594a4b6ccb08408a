// Text that comes in pieces, broken between words where a terminal's line ends.

internal import DataReports

/// Holds back the word that is being written until it is known whether it fits the line.
public struct WrappedText: Sendable {
    private let columns: Int
    private var column = 0
    private var word = ""
    private var wordColumns = 0
    /// Spaces before the word, which a line break takes the place of.
    private var space = ""

    /// - Parameter columns: of the terminal; a word that is longer is broken where the line ends.
    public init(columns: Int) { self.columns = max(1, columns) }

    /// What of the text so far can be shown.
    public mutating func feed(_ piece: String) -> String {
        var output = ""
        for character in piece {
            if character.isNewline {
                output += flush() + String(character)
                (column, space) = (0, "")
            } else if character.isWhitespace {
                output += flush()
                space.append(character)
            } else {
                let width = TerminalLine.width(String(character))
                // Scripts without spaces break anywhere, and a word of a whole line has to.
                if width == 2 || wordColumns + width > columns { output += flush() }
                word.append(character)
                wordColumns += width
                if width == 2 { output += flush() }
            }
        }
        return output
    }

    /// What was held back.
    public mutating func finish() -> String {
        defer { (column, space) = (0, "") }
        return flush() + space
    }

    private mutating func flush() -> String {
        guard !word.isEmpty else { return "" }
        defer { (word, wordColumns, space) = ("", 0, "") }
        let before = TerminalLine.width(space.replacing("\t", with: " "))
        if column > 0, column + before + wordColumns > columns {
            column = wordColumns
            return "\n" + word
        }
        column += before + wordColumns
        return space + word
    }
}
