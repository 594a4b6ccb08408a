// A GGUF with more keys than it has.

public import Foundation

/// Keys put in front of those of a GGUF file.
public enum GGUFKeys {
    /// What a key holds.
    public enum Value {
        case text(String)
        case texts([String])

        fileprivate var bytes: [UInt8] {
            switch self {
            case .text(let text): number(UInt32(8)) + GGUFKeys.text(text)
            case .texts(let texts):
                number(UInt32(9)) + number(UInt32(8)) + number(UInt64(texts.count)) + texts.flatMap(GGUFKeys.text)
            }
        }
    }

    /// Writes `source` with the keys `added` before its own, which are others. A key without meaning fills up to the
    /// alignment, so that the tensors lie where their table says.
    public static func adding(_ added: [(key: String, value: Value)], to source: URL, as place: URL) throws {
        let bytes = [UInt8](try Data(contentsOf: source))
        let (countPlace, start) = (16, 24)
        let count = bytes[countPlace..<start].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var keys = added.flatMap { text($0.key) + $0.value.bytes }
        let empty = text("test.filler") + Value.text("").bytes
        let filler = String(repeating: "x", count: 32 - (keys.count + empty.count) % 32)
        keys += text("test.filler") + Value.text(filler).bytes
        let head = bytes[..<countPlace] + number(count + UInt64(added.count) + 1)
        try Data(head + keys + bytes[start...]).write(to: place)
    }

    private static func text(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + Array(text.utf8) }
}

/// Little-endian bytes.
private func number(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
