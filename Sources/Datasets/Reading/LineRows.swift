// Files with a row a line: plain text, and lines as such.

internal import JSON
internal import Vocabulary

/// Plain text, each row with the one field `text`.
final class TextRows: FileRows {
    private let lines: LineCutter
    private let rule: DocumentRule
    private let maximumRowBytes: Int
    /// Tabs of each line so far where they are as many in all of them: lines that may be a table's.
    private(set) var tabsPerLine: Int?

    init(_ window: TextWindow, rule: DocumentRule, maximumRowBytes: Int) {
        lines = LineCutter(window, maximumRowBytes: maximumRowBytes)
        self.rule = rule
        self.maximumRowBytes = maximumRowBytes
    }

    func next() throws(DatasetError) -> RowOutcome? {
        var text = ""
        var start: RowPlace?
        while let line = try lines.next() {
            guard case .line(let bytes, let place) = line else {
                guard case .tooLarge(let problem) = line else { return nil }
                return .bad(problem)
            }
            guard let content = String(validating: bytes, as: UTF8.self) else {
                return lines.brokenByte(place).map { .bad($0) }
            }
            // Lines of full-width spaces are empty to the eye.
            if rule != .file || text.isEmpty, content.isBlank {
                if let start { return row(text, start) }
                continue
            }
            if rule == .line {
                if tabsPerLine != 0 {
                    let tabs = bytes.count { $0 == 0x09 }
                    tabsPerLine = tabs == tabsPerLine ?? tabs ? tabs : 0
                }
                return row(content, place)
            }
            if start == nil { start = place } else { text += "\n" }
            text += content
            guard text.utf8.count <= maximumRowBytes else {
                throw DatasetError([RowOutcome.tooLarge(start ?? place, maximumRowBytes)])
            }
        }
        return start.map { row(text, $0) }
    }

    private func row(_ text: String, _ place: RowPlace) -> RowOutcome {
        .row(JSONObject([(key: "text", value: .string(text))]), place)
    }
}

/// Cuts a text into lines.
final class LineCutter {
    enum Line {
        /// Without its break; good until the next line is asked for.
        case line(UnsafeRawBufferPointer, RowPlace)
        case tooLarge(DatasetProblem)
    }

    private let window: TextWindow
    private let maximumRowBytes: Int
    /// Bytes of the line given last, with its break.
    private var consumed = 0
    private var content = 0

    init(_ window: TextWindow, maximumRowBytes: Int) {
        self.window = window
        self.maximumRowBytes = maximumRowBytes
    }

    /// The next line, `nil` at the end of the file.
    func next() throws(DatasetError) -> Line? {
        window.skip(consumed, lineBreaks: consumed > content ? 1 : 0)
        consumed = 0
        var searched = 0
        while true {
            if let end = window.lineBreak(from: searched) { return line(end, breakByteCount: 1) }
            searched = window.bytes.count
            if searched > maximumRowBytes { return .tooLarge(try skipLine(searched)) }
            guard try window.fill() else { return window.isEmpty ? nil : line(searched, breakByteCount: 0) }
        }
    }

    /// What is broken in the line given last.
    func brokenByte(_ place: RowPlace) -> DatasetProblem? { window.brokenByte(within: content, place: place) }

    private func line(_ count: Int, breakByteCount: Int) -> Line {
        let bytes = window.bytes
        content = count
        consumed = count + breakByteCount
        guard count <= maximumRowBytes else { return .tooLarge(RowOutcome.tooLarge(window.place, maximumRowBytes)) }
        // Line breaks of Windows.
        let isCarriageReturn = count > 0 && bytes[count - 1] == 0x0D
        return .line(UnsafeRawBufferPointer(rebasing: bytes[..<(isCarriageReturn ? count - 1 : count)]), window.place)
    }

    /// Lets go of a line without keeping it.
    private func skipLine(_ known: Int) throws(DatasetError) -> DatasetProblem {
        let problem = RowOutcome.tooLarge(window.place, maximumRowBytes)
        window.skip(known, lineBreaks: 0)
        content = 0
        while true {
            if let end = window.lineBreak(from: 0) {
                window.skip(end + 1, lineBreaks: 1)
                return problem
            }
            window.skip(window.bytes.count, lineBreaks: 0)
            guard try window.fill() else { return problem }
        }
    }
}
