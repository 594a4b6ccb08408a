// Which encoding a text file has, where nobody said: told from a byte order mark and from the first bytes beyond ASCII.

internal import Vocabulary

/// Guesses, made to err on the side of UTF-8: a wrong guess would read rubbish, a refused byte names its place.
enum EncodingDetection {
    /// The encoding that a byte order mark at the beginning names, and the mark's length.
    static func byteOrderMark(_ bytes: UnsafeRawBufferPointer) -> (encoding: TextEncoding, byteCount: Int)? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return (.utf8, 3) }
        if bytes.starts(with: [0xFF, 0xFE]) { return (.utf16LittleEndian, 2) }
        if bytes.starts(with: [0xFE, 0xFF]) { return (.utf16BigEndian, 2) }
        if bytes.starts(with: [0x84, 0x31, 0x95, 0x33]) { return (.gb18030, 4) }
        return nil
    }

    /// UTF-16 without a mark: text of any language has ASCII in it (line breaks, quotation marks, separators), and its zeros
    /// stand at every second place. No other encoding has zeros.
    static func unmarkedUTF16(_ bytes: UnsafeRawBufferPointer) -> TextEncoding? {
        let sample = bytes.prefix(4096)
        var zeros = (even: 0, odd: 0)
        for (index, byte) in sample.enumerated() where byte == 0 {
            if index % 2 == 0 { zeros.even += 1 } else { zeros.odd += 1 }
        }
        guard zeros.even + zeros.odd >= max(2, sample.count / 32) else { return nil }
        if zeros.odd > 8 * zeros.even { return .utf16LittleEndian }
        if zeros.even > 8 * zeros.odd { return .utf16BigEndian }
        return nil
    }

    /// The encoding of bytes that begin at a character's first byte and hold some beyond ASCII; the end may cut a character.
    static func ofEightBitText(_ bytes: UnsafeRawBufferPointer) -> TextEncoding {
        let utf8 = utf8Sequences(bytes)
        // A few broken bytes in a UTF-8 file are broken bytes, to be told one by one.
        if utf8.broken == 0 || utf8.whole >= 8 * utf8.broken { return .utf8 }
        let chinese = doubleByteCharacters(bytes)
        if chinese.broken == 0, chinese.common * 4 >= chinese.whole * 3, chinese.common > 0 { return .gb18030 }
        let controls = bytes.count { (0x80..<0xA0).contains($0) }
        return controls == 0 ? .latin1 : .windows1252
    }

    private static func utf8Sequences(_ bytes: UnsafeRawBufferPointer) -> (whole: Int, broken: Int) {
        var whole = 0
        var broken = 0
        var index = 0
        while index < bytes.count {
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            let length = UTF8Check.sequenceLength(bytes, at: index)
            if length > 0 {
                whole += 1
                index += length
            } else {
                if bytes.count - index >= 4 { broken += 1 }
                index += 1
            }
        }
        return (whole, broken)
    }

    /// Characters of GB 18030's two- and four-byte forms. `common`: those of GB 2312, which is nearly all of real text.
    private static func doubleByteCharacters(_ bytes: UnsafeRawBufferPointer) -> (whole: Int, common: Int, broken: Int)
    {
        var result = (whole: 0, common: 0, broken: 0)
        var index = 0
        while index < bytes.count {
            let lead = bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            guard index + 1 < bytes.count else { break }
            let trail = bytes[index + 1]
            if (0x81...0xFE).contains(lead), (0x40...0x7E).contains(trail) || (0x80...0xFE).contains(trail) {
                result.whole += 1
                if (0xA1...0xF7).contains(lead), trail >= 0xA1 { result.common += 1 }
                index += 2
            } else if (0x81...0xFE).contains(lead), (0x30...0x39).contains(trail) {
                result.whole += 1
                index += 4
            } else {
                result.broken += 1
                index += 1
            }
        }
        return result
    }
}

/// UTF-8's own rule (Unicode 15, table 3-7).
enum UTF8Check {
    /// The offset of the first byte that begins no valid sequence.
    static func firstInvalidByte(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < bytes.count {
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            let length = sequenceLength(bytes, at: index)
            guard length > 0 else { return index }
            index += length
        }
        return nil
    }

    /// The length of the sequence that begins at `index` with a byte beyond ASCII; 0: it begins none.
    static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        func continues(_ at: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            at < bytes.count && range.contains(bytes[at])
        }
        switch bytes[index] {
        case 0xC2...0xDF: return continues(index + 1) ? 2 : 0
        case 0xE0: return continues(index + 1, 0xA0...0xBF) && continues(index + 2) ? 3 : 0
        case 0xED: return continues(index + 1, 0x80...0x9F) && continues(index + 2) ? 3 : 0
        case 0xE1...0xEF: return continues(index + 1) && continues(index + 2) ? 3 : 0
        case 0xF0:
            return continues(index + 1, 0x90...0xBF) && continues(index + 2) && continues(index + 3) ? 4 : 0
        case 0xF4:
            return continues(index + 1, 0x80...0x8F) && continues(index + 2) && continues(index + 3) ? 4 : 0
        case 0xF1...0xF3: return continues(index + 1) && continues(index + 2) && continues(index + 3) ? 4 : 0
        default: return 0
        }
    }

    /// Whether no byte is beyond ASCII.
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        var seen: UInt64 = 0
        while index + 32 <= bytes.count {
            seen |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            seen |= bytes.loadUnaligned(fromByteOffset: index + 8, as: UInt64.self)
            seen |= bytes.loadUnaligned(fromByteOffset: index + 16, as: UInt64.self)
            seen |= bytes.loadUnaligned(fromByteOffset: index + 24, as: UInt64.self)
            if seen & 0x8080_8080_8080_8080 != 0 { return false }
            index += 32
        }
        while index < bytes.count {
            if bytes[index] >= 0x80 { return false }
            index += 1
        }
        return true
    }
}
