// A line that is being typed, with those that were typed before it.

internal import DataReports
internal import Spelling

/// The text, the place in it where the next character goes, and earlier lines to go back to.
public struct EditedLine: Sendable {
    /// What a key came to.
    public enum Outcome: Sendable, Equatable {
        /// The line may look otherwise now.
        case changed
        /// Enter: the line is done.
        case done(String)
        /// Ctrl-C: what was typed is thrown away.
        case abandoned
        /// Ctrl-D on an empty line.
        case ended
        case clearScreen, suspended
    }

    public private(set) var characters: [Character] = []
    /// How many characters stand before the place of the next.
    public private(set) var cursor = 0
    private var history: [String] = []
    /// The earlier line that is shown, and what was typed before it was; nil where none is.
    private var shown: (index: Int, typed: [Character])?

    private static let longestHistory = 500

    public init() {}

    public var text: String { String(characters) }

    /// As it stands on the terminal: a line break of pasted text as a sign, and nothing that would steer.
    public var shownText: String { ShownText.whole(String(characters.map { $0.isNewline ? "⏎" : $0 })) }

    /// Begins a new line.
    public mutating func begin() {
        (characters, cursor, shown) = ([], 0, nil)
    }

    public mutating func press(_ key: TerminalKey) -> Outcome {
        switch key {
        case .character(let character): insert(CollectionOfOne(character))
        case .tab: insert(CollectionOfOne(" "))
        case .pasted(let text): paste(text)
        case .enter: return finish()
        case .interrupt:
            begin()
            return .abandoned
        case .endOfInput:
            if characters.isEmpty { return .ended }
            remove(cursor..<min(cursor + 1, characters.count))
        case .clearScreen: return .clearScreen
        case .suspend: return .suspended
        case .up: recall(-1)
        case .down: recall(1)
        default: edit(key)
        }
        return .changed
    }

    /// Moving, and taking away.
    private mutating func edit(_ key: TerminalKey) {
        switch key {
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .backspace: remove(max(0, cursor - 1)..<cursor)
        case .delete: remove(cursor..<min(cursor + 1, characters.count))
        case .deleteToStart: remove(0..<cursor)
        case .deleteToEnd: remove(cursor..<characters.count)
        case .deleteWord: remove(wordStart..<cursor)
        case .swap:
            guard cursor > 0, characters.count > 1 else { return }
            let place = min(cursor, characters.count - 1)
            characters.swapAt(place - 1, place)
            cursor = place + 1
        default: break
        }
    }

    private mutating func insert(_ new: some Collection<Character>) {
        // Marks join the character before them.
        let before = String(characters[..<cursor]) + String(new)
        let after = characters[cursor...]
        characters = Array(before)
        cursor = characters.count
        characters += after
    }

    /// Pasted text keeps its line breaks, as parts of one message; those at its ends are the copying's.
    private mutating func paste(_ text: String) {
        let plain = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        let kept = plain.unicodeScalars.filter { !$0.isUnprintable || $0 == "\n" || $0 == "\t" }
        var lines = String(String.UnicodeScalarView(kept)).split(separator: "\n", omittingEmptySubsequences: false)
        while lines.last?.isEmpty ?? false { lines.removeLast() }
        insert(Array(lines.joined(separator: "\n")))
    }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var wordStart: Int {
        var place = cursor
        while place > 0, characters[place - 1].isWhitespace { place -= 1 }
        while place > 0, !characters[place - 1].isWhitespace { place -= 1 }
        return place
    }

    private var wordEnd: Int {
        var place = cursor
        while place < characters.count, characters[place].isWhitespace { place += 1 }
        while place < characters.count, !characters[place].isWhitespace { place += 1 }
        return place
    }

    private mutating func finish() -> Outcome {
        let line = text
        if !line.isEmpty, history.last != line { history.append(line) }
        history.removeFirst(max(0, history.count - Self.longestHistory))
        begin()
        return .done(line)
    }

    private mutating func recall(_ step: Int) {
        let index = (shown?.index ?? history.count) + step
        guard index >= 0, index <= history.count, !history.isEmpty else { return }
        let typed = shown?.typed ?? characters
        if index == history.count {
            (characters, shown) = (typed, nil)
        } else {
            (characters, shown) = (Array(history[index]), (index, typed))
        }
        cursor = characters.count
    }
}

extension EditedLine {
    /// Where the character after the first `count` stands on a terminal of `columns`, behind a prompt: rows below the prompt's,
    /// and columns. A character that does not fit a row stands in the next one.
    public func place(after count: Int, promptColumns: Int, terminalColumns: Int) -> (row: Int, column: Int) {
        var (row, column) = (0, promptColumns)
        for character in characters.prefix(count) {
            let width = character.isNewline ? 1 : TerminalLine.width(String(character))
            if column + width > terminalColumns { (row, column) = (row + 1, 0) }
            column += width
        }
        return column >= terminalColumns ? (row + 1, 0) : (row, column)
    }
}
