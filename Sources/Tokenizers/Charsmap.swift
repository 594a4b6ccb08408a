// SentencePiece's precompiled character map: what is written in place of a few characters, found by a double array.

internal import Foundation

/// The `Precompiled` normalizer, as the tokenizers library reads it: the shortest beginning that has an entry says what is written in
/// place of a whole grapheme, if that is short, else of each character by itself.
struct Charsmap: Sendable {
    /// The units of a Darts double array.
    private let units: [UInt32]
    /// What entries become, each ended by a zero.
    private let texts: [UInt8]

    /// Reads the map: the size of the double array in bytes, the array, the texts; all of it in base 64.
    init(_ node: LocatedJSON) throws(TokenizerError) {
        guard let decoded = Data(base64Encoded: try node.string()) else { throw node.error("it is not base 64") }
        let bytes = [UInt8](decoded)
        func number(at place: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
        }
        guard bytes.count >= 4 else { throw node.error("a character map has at least 4 bytes, found \(bytes.count)") }
        let size = Int(number(at: 0))
        guard size > 0, size % 4 == 0, size <= bytes.count - 4 else {
            throw node.error("its array of \(size) bytes does not fit into the \(bytes.count - 4) that follow")
        }
        units = stride(from: 4, to: 4 + size, by: 4).map(number)
        texts = Array(bytes[(4 + size)...])
    }

    /// Rewrites `text`.
    func apply(to text: inout AlignedText) {
        var builder = AlignedTextBuilder(changing: text), position = 0
        for grapheme in String(decoding: text.bytes, as: UTF8.self) {
            let whole = position..<position + grapheme.utf8.count
            position = whole.upperBound
            if whole.count < Self.longGrapheme, let written = replacement(text.bytes[whole]) {
                builder.write(written, for: whole)
                continue
            }
            UTF8Scan.forEach(in: text.bytes, whole) { _, place in
                if let written = replacement(text.bytes[place]) {
                    builder.write(written, for: place)
                } else {
                    builder.copy(place)
                }
            }
        }
        text = builder.text()
    }

    /// Bytes from which on a grapheme is not looked up as a whole.
    private static let longGrapheme = 6

    /// What stands in the map for the shortest beginning of `key` that has an entry; nil where none has.
    private func replacement(_ key: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let entry = entry(key), entry < texts.count else { return nil }
        return texts[entry...].prefix { $0 != 0 }
    }

    private func entry(_ key: ArraySlice<UInt8>) -> Int? {
        var place = Self.offset(units[0])
        for byte in key {
            guard byte != 0 else { return nil }
            place ^= Int(byte)
            guard place < units.count, case let unit = units[place], unit & 0x8000_00FF == UInt32(byte) else {
                return nil
            }
            place ^= Self.offset(unit)
            guard unit >> 8 & 1 == 1 else { continue }
            return place < units.count ? Int(units[place] & 0x7FFF_FFFF) : nil
        }
        return nil
    }

    /// How far a unit's children lie from it.
    private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 0x200) >> 6) }
}
