// The alphabet of byte-level tokenizers (GPT-2): each byte is written as one printable character. Internally this module keeps
// byte-level vocabularies as the raw bytes and never writes the alphabet into a text.

/// The two directions between bytes and the characters that stand for them.
enum ByteAlphabet {
    /// The character of each byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0..<256).map { (byte: Int) -> Unicode.Scalar in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(UInt8(byte))
            default:
                defer { next += 1 }
                return Unicode.Scalar(next) ?? "?"
            }
        }
    }()

    /// The UTF-8 of the character of each byte.
    static let utf8: [[UInt8]] = scalars.map { Array(String(Character($0)).utf8) }

    /// The byte of each character below U+0144, −1 where the character stands for none.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
        return bytes
    }()

    static func byte(of scalar: Unicode.Scalar) -> UInt8? {
        guard scalar.value < 0x144 else { return nil }
        return UInt8(exactly: bytes[Int(scalar.value)])
    }

    /// The bytes that a token's text stands for; nil where it holds a character outside the alphabet.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            let (scalar, length) = UTF8Scan.scalar(in: text, at: position)
            guard let byte = byte(of: scalar) else { return nil }
            result.append(byte)
            position += length
        }
        return result
    }
}
