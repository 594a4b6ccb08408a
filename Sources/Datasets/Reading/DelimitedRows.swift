// Comma- and tab-separated values (RFC 4180): quoted fields may hold separators, doubled quotation marks and line breaks.

internal import JSON

/// The rows of a table in text.
final class DelimitedRows: FileRows {
    private let window: TextWindow
    private let separator: UInt8
    private let maximumRowBytes: Int
    private let quotes: QuoteRule
    private var header: [String]?
    /// Lines whose tabs do not make as many fields as the header has. Between commas, quotation marks are how fields are written.
    private(set) var unevenLines = 0

    /// - Parameter columnNames: empty where the first line names the columns.
    init(
        _ window: TextWindow, separator: UInt8, quotes: QuoteRule, columnNames: [String], maximumRowBytes: Int
    ) {
        self.quotes = quotes
        self.window = window
        self.separator = separator
        self.maximumRowBytes = maximumRowBytes
        header = columnNames.isEmpty ? nil : columnNames
    }

    func next() throws(DatasetError) -> RowOutcome? {
        while let record = try nextRecord() {
            let place = record.place
            guard let fields = record.fields else { return record.problem.map { .bad($0) } }
            guard let names = header else {
                if let twice = Self.firstDuplicate(fields) {
                    throw DatasetError(.syntax, place, "the column \"\(twice)\" stands twice in the header")
                }
                header = fields
                continue
            }
            guard fields.count == names.count else {
                return .bad(
                    DatasetProblem(
                        .ragged, place, "\(fields.count) fields where the header has \(names.count)",
                        hint: "a field with a separator or a line break in it needs quotation marks"))
            }
            var members: [JSONObject.Member] = []
            members.reserveCapacity(names.count)
            for (name, field) in zip(names, fields) { members.append((name, .string(field))) }
            return .row(JSONObject(members), place)
        }
        return nil
    }

    // MARK: Records

    private struct Record {
        var place: RowPlace
        /// `nil` where the record is broken.
        var fields: [String]?
        var problem: DatasetProblem?
    }

    /// The next record that is not an empty line.
    private func nextRecord() throws(DatasetError) -> Record? {
        guard try skipEmptyLines() else { return nil }
        while true {
            let place = window.place
            var scan = Scan(
                bytes: window.bytes, separator: separator, hasQuotes: quotes == .standard, isWhole: window.isAtEnd)
            switch scan.record() {
            case .whole:
                var record = Record(place: place, fields: scan.fields)
                if !scan.isValid {
                    record.fields = nil
                    record.problem = window.brokenByte(within: scan.position, place: place)
                }
                if let header {
                    countUneven(scan, header.count)
                    if swallowsRows(scan, header.count) {
                        return try broken(
                            place, "a quotation mark that opens here holds whole rows: it may be a letter of the text",
                            place)
                    }
                }
                window.skip(scan.position)
                return record
            case .cut:
                guard window.bytes.count <= maximumRowBytes else {
                    throw DatasetError([RowOutcome.tooLarge(place, maximumRowBytes)])
                }
                _ = try window.fill()
            case .textBehindQuote(let line):
                return try broken(
                    RowPlace(file: place.file, line: place.line + line),
                    "text stands behind a closing quotation mark", place)
            case .open(let line):
                throw DatasetError(
                    .syntax, RowPlace(file: place.file, line: place.line + line),
                    "a quotation mark that opens here is never closed", hint: Self.quotesHint)
            }
        }
    }

    /// A record that cannot be read: goes on behind the line on which it broke. Between tabs, where quotation marks are seldom meant,
    /// behind its first line: the lines after it may be rows.
    private func broken(_ fault: RowPlace, _ reason: String, _ place: RowPlace) throws(DatasetError) -> Record {
        for _ in place.line...(separator == 0x09 ? place.line : fault.line) {
            var searched = 0
            while true {
                if let end = window.lineBreak(from: searched) {
                    window.skip(end + 1)
                    break
                }
                searched = window.bytes.count
                guard try window.fill() else {
                    window.skip(window.bytes.count)
                    break
                }
            }
        }
        return Record(place: place, fields: nil, problem: DatasetProblem(.syntax, fault, reason, hint: Self.quotesHint))
    }

    /// Lets go of empty lines; false at the end of the file. Without quotation marks an empty line among rows is a ragged row.
    private func skipEmptyLines() throws(DatasetError) -> Bool {
        var count = 0
        while true {
            let bytes = window.bytes
            while count < bytes.count, bytes[count] == 0x0A || bytes[count] == 0x0D { count += 1 }
            if count < bytes.count { break }
            guard try window.fill() else { return false }
        }
        if quotes == .standard || header == nil { window.skip(count) }
        return true
    }

    private func countUneven(_ scan: Scan, _ fieldCount: Int) {
        guard separator == 0x09, scan.fields.count != fieldCount || scan.joinsLinesOrFields else { return }
        var separators = 0
        for byte in window.bytes[..<scan.position] {
            if byte == separator {
                separators += 1
            } else if byte == 0x0A {
                if separators + 1 != fieldCount { unevenLines += 1 }
                separators = 0
            }
        }
        if window.bytes[scan.position - 1] != 0x0A, separators + 1 != fieldCount { unevenLines += 1 }
    }

    private static let quotesHint = "data.quotes: none, where quotation marks are letters as any other"

    /// Whether quotation marks hold a line with all the tabs of a row: nobody writes tables into a cell, so a mark that was none
    /// has swallowed rows. Commas stand in any text and tell nothing.
    private func swallowsRows(_ scan: Scan, _ fieldCount: Int) -> Bool {
        separator == 0x09 && fieldCount > 1 && scan.separatorsOnQuotedLine >= fieldCount - 1
    }

    private static func firstDuplicate(_ names: [String]) -> String? {
        var seen = Set<[UInt8]>()
        return names.first { !seen.insert(Array($0.utf8)).inserted }
    }
}

/// One record, from the first byte of `bytes`.
private struct Scan {
    enum Result {
        case whole
        /// The record may go on behind what is in memory.
        case cut
        /// Lines are counted from 0.
        case textBehindQuote(line: Int)
        case open(line: Int)
    }

    private enum Field {
        case value(String)
        case cut
        case open(line: Int)
    }

    let bytes: UnsafeRawBufferPointer
    let separator: UInt8
    let hasQuotes: Bool
    /// Nothing follows `bytes`.
    let isWhole: Bool
    private(set) var position = 0
    private(set) var fields: [String] = []
    /// No byte was found that UTF-8 does not allow.
    private(set) var isValid = true
    /// Quotation marks hold a separator or a line break.
    private(set) var joinsLinesOrFields = false
    /// The most separators on one line that quotation marks hold, their first line aside.
    private(set) var separatorsOnQuotedLine = 0
    private var line = 0

    private static let quote = UInt8(ascii: "\"")

    init(bytes: UnsafeRawBufferPointer, separator: UInt8, hasQuotes: Bool, isWhole: Bool) {
        self.bytes = bytes
        self.separator = separator
        self.hasQuotes = hasQuotes
        self.isWhole = isWhole
    }

    mutating func record() -> Result {
        while true {
            guard position < bytes.count || isWhole else { return .cut }
            let isQuoted = hasQuotes && position < bytes.count && bytes[position] == Self.quote
            switch isQuoted ? quotedField() : bareField() {
            case .value(let text): fields.append(text)
            case .cut: return .cut
            case .open(let line): return .open(line: line)
            }
            guard position < bytes.count else { return isWhole ? .whole : .cut }
            if bytes[position] == separator {
                position += 1
            } else if let count = lineBreak(at: position) {
                position += count
                return .whole
            } else {
                return isWhole || position + 1 < bytes.count ? .textBehindQuote(line: line) : .cut
            }
        }
    }

    /// The length of the line break at `index`; a lone carriage return is text.
    private func lineBreak(at index: Int) -> Int? {
        if bytes[index] == 0x0A { return 1 }
        guard bytes[index] == 0x0D else { return nil }
        if index + 1 == bytes.count { return isWhole ? 1 : nil }
        return bytes[index + 1] == 0x0A ? 2 : nil
    }

    private mutating func bareField() -> Field {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == separator || byte == 0x0A { break }
            if byte == 0x0D {
                if position + 1 == bytes.count, !isWhole { return .cut }
                if lineBreak(at: position) != nil { break }
            }
            position += 1
        }
        if position == bytes.count, !isWhole { return .cut }
        return .value(text(UnsafeRawBufferPointer(rebasing: bytes[start..<position])))
    }

    private mutating func quotedField() -> Field {
        let opening = line
        position += 1
        let start = position
        var unescaped: [UInt8]?
        var copied = start
        var separators: Int?
        defer { separatorsOnQuotedLine = max(separatorsOnQuotedLine, separators ?? 0) }
        while position < bytes.count {
            let byte = bytes[position]
            if byte == Self.quote {
                guard position + 1 < bytes.count || isWhole else { return .cut }
                guard position + 1 < bytes.count, bytes[position + 1] == Self.quote else {
                    let end = position
                    position += 1
                    guard var unescaped else {
                        return .value(text(UnsafeRawBufferPointer(rebasing: bytes[start..<end])))
                    }
                    unescaped.append(contentsOf: bytes[copied..<end])
                    return .value(unescaped.withUnsafeBytes { text($0) })
                }
                // Of two quotation marks one is the text's.
                unescaped = unescaped ?? []
                unescaped?.append(contentsOf: bytes[copied...position])
                position += 2
                copied = position
                continue
            }
            if byte == 0x0A {
                line += 1
                joinsLinesOrFields = true
                separatorsOnQuotedLine = max(separatorsOnQuotedLine, separators ?? 0)
                separators = 0
            } else if byte == separator {
                joinsLinesOrFields = true
                separators? += 1
            }
            position += 1
        }
        return isWhole ? .open(line: opening) : .cut
    }

    private mutating func text(_ bytes: UnsafeRawBufferPointer) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        isValid = false
        return ""
    }
}
