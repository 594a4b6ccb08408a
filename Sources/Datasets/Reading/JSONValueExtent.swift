// Where a JSON value ends, for reading a document a value at a time.

/// Where a JSON value ends, found without reading it; goes on where it stopped when there is more text.
struct JSONValueExtent {
    private var position = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// The value's length; `nil`: its end is not there yet.
    mutating func length(in bytes: UnsafeRawBufferPointer) -> Int? {
        while position < bytes.count {
            let byte = bytes[position]
            if isInString {
                position += 1
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    if depth == 0 { return position }
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                // The list's own end: a value stands before it, or nothing at all.
                if depth == 0 { return position }
                depth -= 1
                if depth == 0 { return position + 1 }
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0...0x20: if depth == 0 { return position }
            default: break
            }
            position += 1
        }
        return nil
    }

    /// The same at the end of the file: a number or a word may end there.
    func lengthAtEnd(in bytes: UnsafeRawBufferPointer) -> Int? {
        depth == 0 && !isInString && position > 0 ? position : nil
    }
}
