// What the mask steps of a run took out, remembered well enough to know it again: a report must not show in one row what was
// masked in another.

internal import Synchronization

/// The values that were masked, as a Bloom filter: bounded in memory, nothing can be read from it, and what it takes for a masked
/// value by mistake is merely not shown.
public final class MaskedValues: Sendable {
    private struct State {
        /// 8 MiB, made when the first value is masked: a million values are mistaken for others once in 10⁷ times.
        var bits: [UInt64] = []
        var isLength = [Bool](repeating: false, count: MaskedValues.largestByteCount + 1)
    }

    /// Of longer values the beginning is remembered.
    private static let largestByteCount = 160
    private static let smallestByteCount = 4
    private static let wordCount = 1 << 20

    private let state = Mutex(State())

    public init() {}

    /// Remembers what stands in `ranges` of a text.
    func insert(_ ranges: [Range<Int>], of bytes: [UInt8]) {
        state.withLock { state in
            for range in ranges where range.count >= Self.smallestByteCount {
                let value = bytes[range.prefix(Self.largestByteCount)]
                if state.bits.isEmpty { state.bits = Array(repeating: 0, count: Self.wordCount) }
                state.isLength[value.count] = true
                for place in Self.places(of: value) { state.bits[place.word] |= place.bit }
            }
        }
    }

    /// Where masked values stand in a text: from the edge of a word to the edge of a word.
    func ranges(in bytes: [UInt8]) -> [Range<Int>] {
        state.withLock { state in
            guard !state.bits.isEmpty else { return [] }
            let lengths = state.isLength.indices.filter { state.isLength[$0] }.reversed()
            var ranges: [Range<Int>] = []
            var start = 0
            while start < bytes.count {
                defer { start += 1 }
                guard start == 0 || !Self.isWord(bytes[start - 1]) || !Self.isWord(bytes[start]) else { continue }
                for length in lengths where start + length <= bytes.count {
                    let end = start + length
                    let isWhole = end == bytes.count || !Self.isWord(bytes[end]) || !Self.isWord(bytes[end - 1])
                    guard isWhole || length == Self.largestByteCount else { continue }
                    let isKnown = Self.places(of: bytes[start..<end]).allSatisfy { state.bits[$0.word] & $0.bit != 0 }
                    guard isKnown else { continue }
                    ranges.append(start..<end)
                    start = end - 1
                    break
                }
            }
            return ranges
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 }

    private static func places(of value: ArraySlice<UInt8>) -> [(word: Int, bit: UInt64)] {
        // FNV-1a, mixed: the two halves make four places.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in value { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        hash ^= hash >> 31
        let (first, second) = (hash & 0xFFFF_FFFF, hash >> 32 | 1)
        return (0..<4).map { number in
            let bit = Int(truncatingIfNeeded: first &+ UInt64(number) &* second) & (wordCount * 64 - 1)
            return (bit >> 6, 1 << UInt64(bit & 63))
        }
    }
}
