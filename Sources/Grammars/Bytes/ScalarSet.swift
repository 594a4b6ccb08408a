// Sets of characters, and how each is written in bytes: as UTF-8, or within a JSON string.

/// A set of Unicode scalars, as ascending ranges that do not touch. Surrogates are never in it.
struct ScalarSet: Equatable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>]

    static let all = ScalarSet([0...0x10FFFF])

    /// In any order, also overlapping.
    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.flatMap(Self.withoutSurrogates).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    init(_ scalar: Unicode.Scalar) { self.init([scalar.value...scalar.value]) }

    private static func withoutSurrogates(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
        guard range.upperBound >= 0xD800, range.lowerBound <= 0xDFFF else { return [range] }
        var parts: [ClosedRange<UInt32>] = []
        if range.lowerBound < 0xD800 { parts.append(range.lowerBound...0xD7FF) }
        if range.upperBound > 0xDFFF { parts.append(0xE000...range.upperBound) }
        return parts
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    var inverted: ScalarSet {
        var parts: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { parts.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { parts.append(next...0x10FFFF) }
        return ScalarSet(parts)
    }

    func subtracting(_ other: ScalarSet) -> ScalarSet { inverted.union(other).inverted }

    func contains(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }

    // MARK: In bytes

    /// One character of the set, as UTF-8.
    var utf8: ByteExpression {
        var parts: [ByteExpression] = []
        for range in ranges {
            // Where the length of the encoding changes, and around surrogates.
            for (lower, upper): (UInt32, UInt32) in [
                (0, 0x7F), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF),
            ] where range.overlaps(lower...upper) {
                Self.split(max(lower, range.lowerBound), min(upper, range.upperBound), &parts)
            }
        }
        return .choice(parts)
    }

    /// Cuts a range of encodings of one length until each is a range of first bytes, then one of second bytes, and so on.
    private static func split(_ lower: UInt32, _ upper: UInt32, _ parts: inout [ByteExpression]) {
        let (low, high) = (encoded(lower), encoded(upper))
        for index in 1..<max(low.count, 1) {
            let mask: UInt32 = 1 << UInt32(6 * index) - 1
            guard lower & ~mask != upper & ~mask else { continue }
            if lower & mask != 0 {
                split(lower, lower | mask, &parts)
                split((lower | mask) + 1, upper, &parts)
                return
            }
            if upper & mask != mask {
                split(lower, (upper & ~mask) - 1, &parts)
                split(upper & ~mask, upper, &parts)
                return
            }
        }
        parts.append(.sequence(zip(low, high).map { .bytes(ByteSet($0...$1)) }))
    }

    private static func encoded(_ value: UInt32) -> [UInt8] {
        Unicode.Scalar(value).map { Array(String(Character($0)).utf8) } ?? []
    }

    /// What a JSON string cannot hold as it is.
    private static let escaped = ScalarSet([0...0x1F, 0x22...0x22, 0x5C...0x5C])

    /// One character of the set within a JSON string: as itself where that can be, so that each has one spelling alone.
    var json: ByteExpression {
        // Escapes are told by their letter, or by the last two digits of their number.
        var letters = ByteSet()
        var numbers = [ByteSet(), ByteSet()]
        for range in Self.escaped.ranges {
            for value in range where contains(value) {
                let escape = Unicode.Scalar(value).map { Array(Self.escape($0).utf8) } ?? []
                if escape.count == 2 { letters.insert(escape[1]) }
                if escape.count == 6 { numbers[Int(value >> 4)].insert(escape[5]) }
            }
        }
        var parts = [subtracting(Self.escaped).utf8]
        if !letters.isEmpty { parts.append(.sequence([.literal("\\"), .bytes(letters)])) }
        for (digit, last) in numbers.enumerated() where !last.isEmpty {
            parts.append(.sequence([.literal("\\u00\(digit)"), .bytes(last)]))
        }
        return .choice(parts)
    }

    /// `scalar` as a JSON string holds it.
    static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{8}": return "\\b"
        case "\u{C}": return "\\f"
        case "\u{0}"..."\u{1F}":
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        default: return String(Character(scalar))
        }
    }
}
