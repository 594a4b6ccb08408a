// Reading scalars from UTF-8 bytes. Inputs are valid UTF-8 (they come from `String`s); other bytes read as U+FFFD, one at a time.

enum UTF8Scan {
    /// The scalar that starts at `position` and how many bytes it takes.
    static func scalar(in bytes: [UInt8], at position: Int) -> (Unicode.Scalar, Int) {
        bytes.withUnsafeBufferPointer { scalar(in: $0, at: position) }
    }

    /// The scalar that starts at `position` and how many bytes it takes.
    @inline(__always)
    static func scalar(in bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (Unicode.Scalar, Int) {
        let first = UInt32(bytes[position])
        if first < 0x80 { return (Unicode.Scalar(UInt8(first)), 1) }
        let length = length(first: bytes[position])
        guard length > 1, position + length <= bytes.count else { return ("\u{FFFD}", 1) }
        var value = first & (0x7F >> UInt32(length))
        for offset in 1..<length {
            guard bytes[position + offset] & 0xC0 == 0x80 else { return ("\u{FFFD}", 1) }
            value = value << 6 | UInt32(bytes[position + offset] & 0x3F)
        }
        guard let scalar = Unicode.Scalar(value) else { return ("\u{FFFD}", 1) }
        return (scalar, length)
    }

    /// The length of the sequence that a first byte announces; 1 for a byte that cannot be first.
    @inline(__always)
    static func length(first: UInt8) -> Int {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    /// Calls `body` with each scalar of `bytes[range]` and where it stands.
    static func forEach(in bytes: [UInt8], _ range: Range<Int>, _ body: (Unicode.Scalar, Range<Int>) -> Void) {
        bytes.withUnsafeBufferPointer { buffer in
            var position = range.lowerBound
            while position < range.upperBound {
                let (scalar, length) = scalar(in: buffer, at: position)
                body(scalar, position..<position + length)
                position += length
            }
        }
    }

    /// The UTF-8 of a scalar.
    static func encode(_ scalar: Unicode.Scalar, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
}
