// A hash table from byte strings to numbers: the vocabulary, and the cache of words. Keys are bytes, never `String`s: Swift's
// `==` takes canonically equivalent strings for one.

internal import Glibc

/// Byte strings, each with a value. Keys are never removed.
struct ByteTable: Sendable {
    private var arena: [UInt8] = []
    private var bounds: [Int] = [0]
    private(set) var values: [Int32] = []
    private var slots: [Int32]

    init(minimumCapacity: Int = 16) {
        var size = 32
        while size < minimumCapacity * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
    }

    var count: Int { values.count }

    /// Sets the value of `key`, replacing an earlier one.
    mutating func set(_ key: UnsafeBufferPointer<UInt8>, to value: Int32) {
        let slot = slot(of: key)
        if slots[slot] >= 0 {
            values[Int(slots[slot])] = value
            return
        }
        slots[slot] = Int32(values.count)
        arena.append(contentsOf: key)
        bounds.append(arena.count)
        values.append(value)
        if values.count * 2 > slots.count { grow() }
    }

    mutating func set(_ key: [UInt8], to value: Int32) {
        key.withUnsafeBufferPointer { set($0, to: value) }
    }

    /// The value of `key`.
    func find(_ key: UnsafeBufferPointer<UInt8>) -> Int32? {
        let index = slots[slot(of: key)]
        return index < 0 ? nil : values[Int(index)]
    }

    func find(_ key: [UInt8]) -> Int32? { key.withUnsafeBufferPointer { find($0) } }

    func find(_ key: String) -> Int32? { find(Array(key.utf8)) }

    /// The slot that holds `key`, or the free one where it belongs.
    private func slot(of key: UnsafeBufferPointer<UInt8>) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
        while true {
            let index = Int(slots[slot])
            if index < 0 { return slot }
            let start = bounds[index]
            if bounds[index + 1] - start == key.count, matches(key, at: start) { return slot }
            slot = (slot + 1) & mask
        }
    }

    private func matches(_ key: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
        guard let base = key.baseAddress, key.count > 0 else { return true }
        return arena.withUnsafeBufferPointer { bytes in
            guard let stored = bytes.baseAddress else { return false }
            return memcmp(stored + start, base, key.count) == 0
        }
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        let (arena, bounds) = (arena, bounds)
        arena.withUnsafeBufferPointer { bytes in
            for index in values.indices {
                slots[slot(of: UnsafeBufferPointer(rebasing: bytes[bounds[index]..<bounds[index + 1]]))] = Int32(index)
            }
        }
    }

    private static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(key.count)
        let raw = UnsafeRawBufferPointer(key)
        var position = 0
        while position + 8 <= raw.count {
            hash = (hash ^ raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 32
            position += 8
        }
        while position < raw.count {
            hash = (hash ^ UInt64(raw[position])) &* 0x100_0000_01B3
            position += 1
        }
        hash = (hash ^ (hash >> 29)) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ (hash >> 32)
    }
}
