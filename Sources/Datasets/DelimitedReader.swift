// Comma- and tab-separated values (RFC 4180): quoted fields may hold separators, doubled quotation marks and line breaks.

struct DelimitedReader {
    struct Failure: Error {
        var line: Int
        var reason: String
    }

    private let bytes: [UInt8]
    private let separator: UInt8
    private var position = 0
    private var line = 1

    private static let quote = UInt8(ascii: "\"")

    /// - Parameter bytes: checked UTF-8.
    init(bytes: [UInt8], separator: UInt8) {
        self.bytes = bytes
        self.separator = separator
    }

    /// The next record that is not an empty line, with the line on which it begins.
    mutating func next() throws(Failure) -> (fields: [String], line: Int)? {
        while position < bytes.count, isLineBreak { skipLineBreak() }
        guard position < bytes.count else { return nil }
        let start = line
        var fields: [String] = []
        while true {
            fields.append(current == Self.quote ? try quotedField() : bareField())
            guard position < bytes.count else { return (fields, start) }
            if bytes[position] == separator {
                position += 1
                // A separator at the very end is followed by an empty field.
                if position == bytes.count {
                    fields.append("")
                    return (fields, start)
                }
            } else if isLineBreak {
                skipLineBreak()
                return (fields, start)
            } else {
                throw Failure(line: line, reason: "text stands behind a closing quotation mark")
            }
        }
    }

    private mutating func bareField() -> String {
        let start = position
        while position < bytes.count, bytes[position] != separator, !isLineBreak { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func quotedField() throws(Failure) -> String {
        let opening = line
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == Self.quote {
                guard current == Self.quote else { return String(decoding: text, as: UTF8.self) }
                position += 1
            } else if byte == 0x0A {
                line += 1
            }
            text.append(byte)
        }
        throw Failure(line: opening, reason: "a quotation mark that opens here is never closed")
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var isLineBreak: Bool {
        bytes[position] == 0x0A
            || (bytes[position] == 0x0D && (position + 1 == bytes.count || bytes[position + 1] == 0x0A))
    }

    private mutating func skipLineBreak() {
        if bytes[position] == 0x0D { position += 1 }
        if position < bytes.count, bytes[position] == 0x0A { position += 1 }
        line += 1
    }
}
