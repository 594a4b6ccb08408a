// A strict JSON reader: what RFC 8259 does not allow is an error with its place, and no input can exhaust the stack.

public import Vocabulary

/// Why a text is not JSON, and where.
public struct JSONError: ClassifiedError, Equatable {
    /// What was wrong, as a fragment: "expected ':'".
    public let reason: String
    public let byteOffset: Int
    /// Counted from 1.
    public let line: Int
    /// In bytes, counted from 1.
    public let column: Int

    public var kind: FailureKind { .badInput }

    public var description: String { "line \(line), column \(column) (byte \(byteOffset)): \(reason)" }
}

extension JSONValue {
    /// Reads exactly one JSON value from UTF-8 `bytes`; anything but white space after it is an error.
    ///
    /// - Parameters:
    ///   - maximumDepth: nesting beyond it is refused.
    ///   - words: words beside JSON's own that stand for numbers.
    public init(
        parsing bytes: UnsafeRawBufferPointer, maximumDepth: Int = 128, words: JSONWords = .standard
    ) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth, words: words)
        self = try parser.parseDocument()
    }

    /// Reads the values that stand in `bytes` one after the other, with nothing but white space between them.
    public static func sequence(
        parsing bytes: UnsafeRawBufferPointer, words: JSONWords = .standard
    ) throws(JSONError) -> [JSONValue] {
        var parser = JSONParser(bytes: bytes, maximumDepth: 128, words: words)
        return try parser.parseSequence()
    }

    public init(parsing bytes: [UInt8], maximumDepth: Int = 128) throws(JSONError) {
        let result: Result<JSONValue, JSONError> = bytes.withUnsafeBytes { buffer in
            do throws(JSONError) {
                return .success(try JSONValue(parsing: buffer, maximumDepth: maximumDepth))
            } catch { return .failure(error) }
        }
        self = try result.get()
    }

    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// Which words stand for numbers.
public enum JSONWords: Sendable {
    /// None, as RFC 8259 has it.
    case standard
    /// `NaN`, which is read as a missing value, `Infinity` and `-Infinity`: Python and pandas write them.
    case python
}

private struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    let maximumDepth: Int
    let words: JSONWords
    var position = 0

    init(bytes: UnsafeRawBufferPointer, maximumDepth: Int, words: JSONWords) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.words = words
    }

    mutating func parseSequence() throws(JSONError) -> [JSONValue] {
        var values: [JSONValue] = []
        skipWhiteSpace()
        while position < bytes.count {
            values.append(try parseValue(depth: 0))
            skipWhiteSpace()
        }
        return values
    }

    mutating func parseDocument() throws(JSONError) -> JSONValue {
        let value = try parseValue(depth: 0)
        skipWhiteSpace()
        guard position == bytes.count else { throw failure("unexpected text after the value") }
        return value
    }

    // MARK: Values

    mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        skipWhiteSpace()
        switch try peek("a value") {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "N") where words == .python: return try parseWord("NaN", .null)
        case UInt8(ascii: "I") where words == .python: return try parseWord("Infinity", .double(.infinity))
        case UInt8(ascii: "-") where words == .python && bytes[position...].dropFirst().first == UInt8(ascii: "I"):
            return try parseWord("-Infinity", .double(-.infinity))
        default: return try parseNumber()
        }
    }

    mutating func parseObject(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < maximumDepth else { throw failure("nested deeper than \(maximumDepth) levels") }
        position += 1
        var members: [JSONObject.Member] = []
        skipWhiteSpace()
        if try peek("'}'") == UInt8(ascii: "}") {
            position += 1
            return .object(JSONObject())
        }
        while true {
            skipWhiteSpace()
            guard try peek("a key") == UInt8(ascii: "\"") else { throw failure("expected a key in quotation marks") }
            let key = try parseString()
            skipWhiteSpace()
            guard try peek("':'") == UInt8(ascii: ":") else { throw failure("expected ':'") }
            position += 1
            members.append((key, try parseValue(depth: depth + 1)))
            if try closes(with: UInt8(ascii: "}")) { return .object(JSONObject(members)) }
        }
    }

    mutating func parseArray(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < maximumDepth else { throw failure("nested deeper than \(maximumDepth) levels") }
        position += 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if try peek("']'") == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            elements.append(try parseValue(depth: depth + 1))
            if try closes(with: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// After an element: true past the closing byte, false past a comma.
    mutating func closes(with closing: UInt8) throws(JSONError) -> Bool {
        skipWhiteSpace()
        let byte = try peek("',' or '\(Character(UnicodeScalar(closing)))'")
        guard byte == closing || byte == UInt8(ascii: ",") else {
            throw failure("expected ',' or '\(Character(UnicodeScalar(closing)))'")
        }
        position += 1
        return byte == closing
    }

    mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count,
            (0..<count).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
        else { throw failure("expected '\(word)'") }
        position += count
        return value
    }

    // MARK: Numbers

    mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        var isInteger = true
        if current == UInt8(ascii: "-") { position += 1 }
        switch current {
        case UInt8(ascii: "0"): position += 1
        case .some(let byte) where isDigit(byte): skipDigits()
        default:
            position = start
            throw failure("expected a value")
        }
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try requireDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try requireDigits()
        }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        if isInteger { return Int(text).map { .integer($0) } ?? .digits(text) }
        guard let double = Double(text) else { throw failure("a number that cannot be read") }
        return .double(double)
    }

    mutating func requireDigits() throws(JSONError) {
        guard let byte = current, isDigit(byte) else { throw failure("expected a digit") }
        skipDigits()
    }

    mutating func skipDigits() {
        while let byte = current, isDigit(byte) { position += 1 }
    }

    func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    // MARK: Strings

    mutating func parseString() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let text = try decode(UnsafeRawBufferPointer(rebasing: bytes[start..<position]), at: start)
                position += 1
                return text
            case UInt8(ascii: "\\"): return try parseEscapedString(from: start)
            case 0..<0x20: throw failure("a control character in a string must be escaped")
            default: position += 1
            }
        }
        throw failure("the string has no end")
    }

    mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return try text.withUnsafeBytesResult { (buffer) throws(JSONError) in try decode(buffer, at: start) }
            case UInt8(ascii: "\\"): try parseEscape(into: &text)
            case 0..<0x20:
                position -= 1
                throw failure("a control character in a string must be escaped")
            default: text.append(byte)
            }
        }
        throw failure("the string has no end")
    }

    mutating func parseEscape(into text: inout [UInt8]) throws(JSONError) {
        let escape = try peek("an escape")
        position += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = try parseHexadecimal()
            if scalar & 0xFC00 == 0xD800, current == UInt8(ascii: "\\"), position + 1 < bytes.count,
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try parseHexadecimal()
                guard low & 0xFC00 == 0xDC00 else { throw failure("half a surrogate pair") }
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + low & 0x3FF
            }
            guard let scalar = UnicodeScalar(scalar) else { throw failure("half a surrogate pair") }
            text.append(contentsOf: String(Character(scalar)).utf8)
        default:
            position -= 1
            throw failure("an unknown escape")
        }
    }

    mutating func parseHexadecimal() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = try peek("a hexadecimal digit")
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 87)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 55)
            default: throw failure("expected a hexadecimal digit")
            }
            position += 1
        }
        return value
    }

    func decode(_ utf8: UnsafeRawBufferPointer, at start: Int) throws(JSONError) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw failure("a string that is not UTF-8", at: start)
        }
        return text
    }

    // MARK: Bytes

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    func peek(_ expected: String) throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw failure("the text ends where \(expected) should stand") }
        return bytes[position]
    }

    mutating func skipWhiteSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    func failure(_ reason: String, at offset: Int? = nil) -> JSONError {
        let offset = offset ?? position
        let before = bytes[..<min(offset, bytes.count)]
        let lastBreak = before.lastIndex(of: 0x0A)
        return JSONError(
            reason: reason,
            byteOffset: offset,
            line: before.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) },
            column: offset - (lastBreak ?? -1))
    }
}

extension [UInt8] {
    fileprivate func withUnsafeBytesResult<T>(
        _ body: (UnsafeRawBufferPointer) throws(JSONError) -> T
    ) throws(JSONError) -> T {
        let result: Result<T, JSONError> = withUnsafeBytes { buffer in
            do throws(JSONError) { return .success(try body(buffer)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
