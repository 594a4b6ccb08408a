// Files made wrong, the same way for the same number.

/// SplitMix64: what comes out depends on the start alone.
struct MutationDice {
    private var state: UInt64

    init(seed: UInt64, number: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 ^ number &* 0xD1B5_4A32_D192_ED03
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// A number below `bound`, which is not 0.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// Random changes of a file.
enum Mutation {
    /// Numbers at which readers stumble.
    private static let edges: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32,
        UInt64(Int64.max), 1 << 63, .max, .max - 1,
    ]
    /// Pieces of the formats that are text.
    private static let words = [
        "{", "}", "[", "]", "\"", "\\", ",", ":", "null", "true", "-1", "1e999", "99999999999999999999", "0", "\n",
        "\r", "\t", "\u{0}", "\u{FEFF}", "{%", "%}", "{{", "}}", "{% for a in b %}", "{% endfor %}", "|", "&a", "*a",
        "<<:", "- ", "\u{1F600}", "\\ud800", "é", "(?", ")*", "+",
    ].map { Array($0.utf8) }

    /// `original` with one to eight changes.
    static func of(_ original: [UInt8], others: [[UInt8]], dice: inout MutationDice) -> [UInt8] {
        var bytes = original
        for _ in 0...dice.below(8) where !bytes.isEmpty { change(&bytes, others, &dice) }
        return bytes
    }

    private static func change(_ bytes: inout [UInt8], _ others: [[UInt8]], _ dice: inout MutationDice) {
        let place = self.place(in: bytes.count, &dice)
        switch dice.below(10) {
        case 0: bytes[place] ^= 1 << UInt8(dice.below(8))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: dice.next())
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + dice.below(16)))
        case 3: bytes.removeSubrange(place...)
        case 4: bytes.insert(contentsOf: words[dice.below(words.count)], at: place)
        case 5: writeNumber(edges[dice.below(edges.count)], at: place, of: &bytes, width: 1 << dice.below(4))
        case 6:
            let end = min(bytes.count, place + 1 + dice.below(64))
            bytes.insert(contentsOf: bytes[place..<end], at: self.place(in: bytes.count, &dice))
        case 7: changeDigit(&bytes, near: place, &dice)
        case 8:
            // The end of another file after the beginning of this one.
            let other = others[dice.below(others.count)]
            bytes = Array(bytes[..<place]) + other[min(place, other.count)...]
        default:
            let end = min(bytes.count, place + 1 + dice.below(32))
            for index in place..<end { bytes[index] = bytes[place] }
        }
    }

    /// Most changes fall on the beginning or the end, where formats keep what they say about the rest.
    private static func place(in count: Int, _ dice: inout MutationDice) -> Int {
        switch dice.below(4) {
        case 0: dice.below(min(count, 64))
        case 1: dice.below(min(count, 4096))
        case 2: count - 1 - dice.below(min(count, 1024))
        default: dice.below(count)
        }
    }

    private static func writeNumber(_ number: UInt64, at place: Int, of bytes: inout [UInt8], width: Int) {
        for offset in 0..<width where place + offset < bytes.count {
            bytes[place + offset] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(offset)))
        }
    }

    /// Another digit where one stands: a text format stays well-formed and says something else.
    private static func changeDigit(_ bytes: inout [UInt8], near place: Int, _ dice: inout MutationDice) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let found = bytes[place...].prefix(4096).firstIndex(where: digits.contains) else { return }
        bytes[found] = digits.lowerBound + UInt8(dice.below(10))
    }
}
