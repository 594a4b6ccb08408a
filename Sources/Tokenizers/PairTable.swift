// A hash table from pairs of token ids to the merge that joins them.

/// The merges of a BPE vocabulary.
struct PairTable: Sendable {
    struct Merge: Sendable {
        var rank: Int32
        var id: Int32
    }

    private var keys: [UInt64]
    private var merges: [Merge]
    private let mask: Int

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        keys = Array(repeating: .max, count: size)
        merges = Array(repeating: Merge(rank: 0, id: 0), count: size)
        mask = size - 1
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    private func slot(of key: UInt64) -> Int {
        let mixed = key &* 0x9E37_79B9_7F4A_7C15
        var slot = Int(truncatingIfNeeded: mixed ^ (mixed >> 32)) & mask
        while keys[slot] != key, keys[slot] != .max { slot = (slot + 1) & mask }
        return slot
    }

    /// Sets what joins `left` and `right`; at most `capacity` pairs.
    mutating func set(_ left: Int32, _ right: Int32, to merge: Merge) {
        let slot = slot(of: Self.key(left, right))
        keys[slot] = Self.key(left, right)
        merges[slot] = merge
    }

    @inline(__always)
    func find(_ left: Int32, _ right: Int32) -> Merge? {
        let slot = slot(of: Self.key(left, right))
        return keys[slot] == .max ? nil : merges[slot]
    }
}
