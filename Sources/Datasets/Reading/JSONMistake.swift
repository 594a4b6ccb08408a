// What people write for JSON that is none, in their terms.

internal import JSON

/// A usual mistake, told from the byte at which the reading stopped.
enum JSONMistake: String {
    case singleQuotes = "keys and texts stand in double quotation marks, and here is a single one"
    case pythonWord = "True, False and None are Python's words; JSON writes true, false and null"
    case trailingComma = "a comma stands before the closing bracket"
    case strayComma = "a comma stands behind the row"
    case comment = "JSON knows no comments"
    case bareKey = "a key stands without quotation marks"

    init?(_ error: JSONError, in bytes: UnsafeRawBufferPointer) {
        guard error.byteOffset < bytes.count else { return nil }
        var start = error.byteOffset
        while start < bytes.count, bytes[start] <= 0x20 { start += 1 }
        let rest = bytes[min(start, bytes.count)...]
        let before = bytes[..<start].last { $0 > 0x20 }
        if rest.first == UInt8(ascii: "'") {
            self = .singleQuotes
        } else if ["True", "False", "None"].contains(where: { rest.starts(with: $0.utf8) }) {
            self = .pythonWord
        } else if rest.first == UInt8(ascii: "}") || rest.first == UInt8(ascii: "]"), before == UInt8(ascii: ",") {
            self = .trailingComma
        } else if rest.first == UInt8(ascii: ","), rest.dropFirst().allSatisfy({ $0 <= 0x20 }) {
            self = .strayComma
        } else if rest.starts(with: "//".utf8) || rest.starts(with: "/*".utf8) || rest.first == UInt8(ascii: "#") {
            self = .comment
        } else if before == UInt8(ascii: "{") || before == UInt8(ascii: ","), let first = rest.first,
            first == UInt8(ascii: "_") || (first | 0x20) >= UInt8(ascii: "a") && (first | 0x20) <= UInt8(ascii: "z")
        {
            self = .bareKey
        } else {
            return nil
        }
    }

    /// What to do about it.
    var hint: String {
        switch self {
        case .singleQuotes, .pythonWord:
            "Python prints dictionaries so; write rows with json.dumps(row, ensure_ascii=False)"
        case .trailingComma, .strayComma: "take the comma out"
        case .comment: "take the comment out"
        case .bareKey: "put the key in double quotation marks"
        }
    }
}
