// Comma- and tab-separated values (RFC 4180): quoted fields may hold separators, doubled quotation marks and line breaks.

internal import JSON
internal import Vocabulary

/// The rows of a table in text.
final class DelimitedRows: FileRows {
    private let window: TextWindow
    /// What the file's name says.
    private let usual: UInt8
    /// What stands between fields: given, or told from the first lines.
    private var separator: UInt8
    private var isSeparatorKnown: Bool
    private let maximumRowBytes: Int
    private let quotes: QuoteRule
    private var header: [String]?
    /// Lines whose tabs do not make as many fields as the header has. Between commas, quotation marks are how fields are written.
    private(set) var unevenLines = 0

    /// - Parameters:
    ///   - usual: the separator that the file's name says.
    ///   - given: the separator that somebody named.
    ///   - columnNames: empty where the first line names the columns.
    init(
        _ window: TextWindow, usual: UInt8, given: UInt8?, quotes: QuoteRule, columnNames: [String],
        maximumRowBytes: Int
    ) {
        self.usual = usual
        separator = given ?? usual
        isSeparatorKnown = given != nil
        self.quotes = quotes
        self.window = window
        self.maximumRowBytes = maximumRowBytes
        header = columnNames.isEmpty ? nil : columnNames
    }

    /// The separator where the file's name does not say it.
    var unusualSeparator: String? { separator == usual ? nil : String(UnicodeScalar(separator)) }

    func next() throws(DatasetError) -> RowOutcome? {
        while let record = try nextRecord() {
            let place = record.place
            guard let fields = record.fields else { return record.problem.map { .bad($0) } }
            guard let names = header else {
                let names = Self.names(fields)
                if let twice = Self.firstDuplicate(names) {
                    throw DatasetError(
                        .syntax, place, "the column \"\(twice)\" stands twice in the header",
                        hint: "give one of them another name there")
                }
                header = names
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

    // MARK: The separator

    /// Takes Excel's line `sep=;`, and looks at the first lines where nobody said what stands between fields.
    private func findSeparator() throws(DatasetError) {
        while window.bytes.count < SeparatorSample.byteCount, try window.fill() {}
        let bytes = UnsafeRawBufferPointer(rebasing: window.bytes.prefix(SeparatorSample.byteCount))
        let isWhole = window.isAtEnd && bytes.count == window.bytes.count
        let sample = SeparatorSample(bytes, quotes: quotes, isWhole: isWhole)
        defer { isSeparatorKnown = true }
        if header == nil, let line = sample.separatorLine {
            window.skip(line.byteCount)
            if !isSeparatorKnown { separator = line.separator }
            _ = try skipEmptyLines()
        } else if !isSeparatorKnown {
            separator = sample.separator(usual: usual)
        }
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
        if !isSeparatorKnown || header == nil { try findSeparator() }
        while true {
            let place = window.place
            var scan = DelimitedScan(
                bytes: window.bytes, separator: separator, quotes: quotes, isWhole: window.isAtEnd)
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
                    "text stands behind a closing quotation mark", place,
                    hint: scan.stoppedAtBackslash
                        ? "data.quotes: backslash, where a backslash stands before a quotation mark of the text"
                        : Self.quotesHint)
            case .open(let line):
                throw DatasetError(
                    .syntax, RowPlace(file: place.file, line: place.line + line),
                    "a quotation mark that opens here is never closed", hint: Self.quotesHint)
            }
        }
    }

    /// A record that cannot be read: goes on after the line on which it broke. Between tabs, where quotation marks are seldom meant,
    /// after its first line: the lines after it may be rows.
    private func broken(
        _ fault: RowPlace, _ reason: String, _ place: RowPlace, hint: String = quotesHint
    ) throws(DatasetError) -> Record {
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
        return Record(place: place, fields: nil, problem: DatasetProblem(.syntax, fault, reason, hint: hint))
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
        if quotes != .none || header == nil { window.skip(count) }
        return true
    }

    private func countUneven(_ scan: DelimitedScan, _ fieldCount: Int) {
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
    private func swallowsRows(_ scan: DelimitedScan, _ fieldCount: Int) -> Bool {
        separator == 0x09 && fieldCount > 1 && scan.separatorsOnQuotedLine >= fieldCount - 1
    }

    /// The names that a header gives: without white space around them, and those of columns without a name as pandas calls them.
    private static func names(_ fields: [String]) -> [String] {
        fields.enumerated().map { index, field in
            let name = field.trimmingWhiteSpace
            return name.isEmpty ? "Unnamed: \(index)" : name
        }
    }

    private static func firstDuplicate(_ names: [String]) -> String? {
        var seen = Set<[UInt8]>()
        return names.first { !seen.insert(Array($0.utf8)).inserted }
    }
}
