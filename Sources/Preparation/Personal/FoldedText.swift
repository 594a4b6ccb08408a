// A text as scanners of personal data read it: full-width digits, other dashes and other spaces as their ASCII twins.

/// Bytes to scan, and where each stands in the text.
struct FoldedText {
    /// ASCII in lower case; other characters as their UTF-8.
    private(set) var bytes: [UInt8] = []
    /// Which of `bytes` begin a capital letter of the text: names are told by them.
    private(set) var capitals: [Bool] = []
    /// Byte of the text that each folded byte comes from, one more for the end; empty: the same.
    private var origins: [Int32] = []
    private var textCount = 0

    /// - Parameter prefix: words put before the text, such as the name of its field: they are context and not part of it.
    mutating func fold(_ text: UnsafeBufferPointer<UInt8>, prefix: [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        capitals.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
        textCount = text.count
        let isASCII = !text.contains { $0 >= 0x80 }
        for byte in prefix { append(byte, origin: -1, isASCII && prefix.isEmpty) }
        if isASCII, prefix.isEmpty {
            bytes.reserveCapacity(text.count)
            capitals.reserveCapacity(text.count)
            for byte in text { append(byte, origin: 0, true) }
            return
        }
        var position = 0
        while position < text.count {
            if text[position] < 0x80 {
                append(text[position], origin: position, false)
                position += 1
                continue
            }
            let (value, length) = UTF8Reader.scalar(text, position)
            switch value {
            case 0xFF01...0xFF5E: append(UInt8(value - 0xFEE0), origin: position, false)
            case 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63: append(UInt8(ascii: "-"), origin: position, false)
            case 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: append(0x20, origin: position, false)
            case 0x200B...0x200F, 0x202A...0x202E, 0x2060, 0xFEFF, 0xAD: break
            case 0x660...0x669: append(UInt8(value - 0x660) + 48, origin: position, false)
            default:
                capitals.append(Self.isCapital(value))
                for offset in 0..<length {
                    bytes.append(text[position + offset])
                    origins.append(Int32(position + offset))
                    if offset > 0 { capitals.append(false) }
                }
            }
            position += length
        }
        origins.append(Int32(textCount))
    }

    private mutating func append(_ byte: UInt8, origin: Int, _ isPlain: Bool) {
        let isCapital = byte &- 65 < 26
        bytes.append(isCapital ? byte | 0x20 : byte)
        capitals.append(isCapital)
        if !isPlain { origins.append(Int32(origin)) }
    }

    /// Capitals of Latin letters beyond ASCII: of Latin-1, and of the extended blocks where they stand on even places, mostly.
    private static func isCapital(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0xC0...0xDE: scalar != 0xD7
        case 0x100...0x137, 0x14A...0x177, 0x1E00...0x1EFF: scalar % 2 == 0
        case 0x139...0x148, 0x179...0x17E: scalar % 2 == 1
        default: false
        }
    }

    /// The bytes of the text that a range of folded bytes stands for; `nil` where it reaches into the prefix.
    func origin(of range: Range<Int>) -> Range<Int>? {
        guard !origins.isEmpty else { return range }
        let start = Int(origins[range.lowerBound])
        guard start >= 0 else { return nil }
        return start..<Int(origins[range.upperBound])
    }
}

extension UInt8 {
    var isDigit: Bool { self &- 48 < 10 }
    /// Of folded text, where letters are small.
    var isLetter: Bool { self &- 97 < 26 }
    var isAlphanumeric: Bool { isDigit || isLetter }
    var isHexadecimal: Bool { isDigit || self &- 97 < 6 }
}
