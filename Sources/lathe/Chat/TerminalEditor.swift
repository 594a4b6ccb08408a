// Lines typed on a terminal: arrows, words, history, pasted text, characters of two columns.

internal import DataReports
internal import Foundation
internal import Vocabulary
internal import Workbench

/// Reads lines from a terminal that a person edits.
final class TerminalEditor {
    /// What a person gave.
    enum Input {
        case line(String)
        /// Ctrl-C: what was typed is thrown away.
        case abandoned
        case end
    }

    /// Whether there is a person at both ends.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && StandardError.isTerminal }

    private static let pasteOn = "\u{1B}[?2004h"
    static let pasteOff = "\u{1B}[?2004l"

    private let prompt: String
    private var line = EditedLine()
    private var reader = TerminalKeyReader()
    /// Keys that came together with one that ended a line.
    private var waiting: [TerminalKey] = []
    /// Rows below the prompt's, where the cursor was left.
    private var row = 0

    init(prompt: String) { self.prompt = prompt }

    /// - Throws: `SystemError` where the terminal cannot be read.
    func read() throws -> Input {
        guard TerminalMode.edit() else { throw SystemError(errno, reading: "the terminal") }
        defer { TerminalMode.restore() }
        StandardError.send(Self.pasteOn)
        line.begin()
        row = 0
        draw()
        while true {
            while !waiting.isEmpty {
                if let input = take(waiting.removeFirst()) { return input }
            }
            var bytes = [UInt8](repeating: 0, count: 1_024)
            let count = Foundation.read(STDIN_FILENO, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, reading: "the terminal") }
            guard count > 0 else { return .end }
            waiting += reader.read(bytes.prefix(count))
        }
    }

    private func take(_ key: TerminalKey) -> Input? {
        let shown = line
        switch line.press(key) {
        case .changed: draw()
        case .done(let text):
            leave(shown)
            return .line(text)
        case .abandoned:
            leave(shown, mark: "^C")
            return .abandoned
        case .ended:
            leave(shown)
            return .end
        case .clearScreen:
            StandardError.send("\u{1B}[H\u{1B}[2J")
            row = 0
            draw()
        case .suspended:
            leave(shown)
            TerminalMode.restore()
            kill(0, SIGTSTP)
            guard TerminalMode.edit() else { return .end }
            StandardError.send(Self.pasteOn)
            row = 0
            draw()
        }
        return nil
    }

    private var columns: Int { max(2, TerminalLine.columns(of: STDERR_FILENO) ?? 80) }

    /// Writes the line anew, from the prompt's row on.
    private func draw() {
        let columns = columns, promptColumns = TerminalLine.width(prompt)
        func place(_ count: Int) -> (row: Int, column: Int) {
            line.place(after: count, promptColumns: promptColumns, terminalColumns: columns)
        }
        let (end, cursor) = (place(line.characters.count), place(line.cursor))
        var output = row > 0 ? "\u{1B}[\(row)A" : ""
        output += "\r\u{1B}[J" + prompt + line.shownText
        // A row that is just full keeps the cursor on it, until it is sent on.
        if end.row > 0, end.column == 0 { output += "\r\n" }
        if end.row > cursor.row { output += "\u{1B}[\(end.row - cursor.row)A" }
        output += "\r" + (cursor.column > 0 ? "\u{1B}[\(cursor.column)C" : "")
        StandardError.send(output)
        row = cursor.row
    }

    /// Goes to the row below the line, as it stands on the screen.
    private func leave(_ shown: EditedLine, mark: String = "") {
        let end = shown.place(
            after: shown.characters.count, promptColumns: TerminalLine.width(prompt), terminalColumns: columns)
        let down = end.row - row
        let right = end.column > 0 ? "\u{1B}[\(end.column)C" : ""
        StandardError.send((down > 0 ? "\u{1B}[\(down)B" : "") + "\r" + right + mark + "\r\n")
        row = 0
    }
}
