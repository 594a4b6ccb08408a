// One record of a table in text: where its fields begin and end.

internal import Vocabulary

/// One record, from the first byte of `bytes`.
struct DelimitedScan {
    enum Result {
        case whole
        /// The record may go on after what is in memory.
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
    let quotes: QuoteRule
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

    /// The quotation mark after which text stands was itself after a backslash.
    private(set) var stoppedAtBackslash = false

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    init(bytes: UnsafeRawBufferPointer, separator: UInt8, quotes: QuoteRule, isWhole: Bool) {
        self.bytes = bytes
        self.separator = separator
        self.quotes = quotes
        self.isWhole = isWhole
    }

    mutating func record() -> Result {
        while true {
            guard position < bytes.count || isWhole else { return .cut }
            let isQuoted = quotes != .none && skipsToQuote()
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
            } else if isQuoted, bytes[position] == 0x20 {
                skipSpaces()
                guard position < bytes.count else { return isWhole ? .whole : .cut }
                guard bytes[position] != separator else {
                    position += 1
                    continue
                }
                guard let count = lineBreak(at: position) else { return .textBehindQuote(line: line) }
                position += count
                return .whole
            } else {
                stoppedAtBackslash = position > 1 && bytes[position - 2] == Self.backslash
                return isWhole || position + 1 < bytes.count ? .textBehindQuote(line: line) : .cut
            }
        }
    }

    private mutating func skipSpaces() {
        while position < bytes.count, bytes[position] == 0x20 { position += 1 }
    }

    /// Whether the field at hand is quoted; spaces before its quotation mark are no part of it.
    private mutating func skipsToQuote() -> Bool {
        let start = position
        skipSpaces()
        if position < bytes.count, bytes[position] == Self.quote { return true }
        position = start
        return false
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
            if quotes == .backslash, byte == Self.backslash {
                guard position + 1 < bytes.count || isWhole else { return .cut }
                if position + 1 < bytes.count, [Self.quote, Self.backslash].contains(bytes[position + 1]) {
                    unescaped = unescaped ?? []
                    unescaped?.append(contentsOf: bytes[copied..<position])
                    copied = position + 1
                    position += 2
                    continue
                }
            }
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
