// 64-bit hashes of texts. Fast, the same on every machine and in every run; not for secrets.

/// A hash that is fed bytes: eight at a time through a 128-bit product whose halves are folded together.
struct ContentHash {
    private var state: UInt64
    private var length: UInt64 = 0

    private static let first: UInt64 = 0x9E37_79B9_7F4A_7C15
    private static let second: UInt64 = 0xD6E8_FEB8_6659_FD93

    init(seed: UInt64 = 0) { state = Self.mix(seed ^ Self.second, Self.first) }

    @inline(__always)
    private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// A number's bits spread over all 64.
    @inline(__always)
    static func mixed(_ number: UInt64) -> UInt64 { mix(number ^ second, first) &+ mix(number, second) }

    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        let raw = UnsafeRawBufferPointer(bytes)
        var position = 0
        var state = self.state
        while position + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            state = Self.mix(state ^ UInt64(littleEndian: word), Self.first) &+ Self.second
            position += 8
        }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while position < raw.count {
            tail |= UInt64(raw[position]) << shift
            shift += 8
            position += 1
        }
        self.state = Self.mix(state ^ tail, Self.second ^ UInt64(raw.count)) &+ Self.first
        length &+= UInt64(raw.count)
    }

    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add($0) }
    }

    mutating func add(_ number: UInt64) { state = Self.mix(state ^ number, Self.first) &+ Self.second }

    var value: UInt64 { Self.mix(state ^ length, Self.second) ^ Self.mix(state, Self.first) }

    static func of(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64 = 0) -> UInt64 {
        var hash = ContentHash(seed: seed)
        hash.add(bytes)
        return hash.value
    }

    static func of(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        bytes.withUnsafeBufferPointer { of($0, seed: seed) }
    }

    /// A number that seed, purpose and index decide, evenly spread.
    static func draw(seed: Int, purpose: UInt64, _ index: UInt64, _ second: UInt64 = 0) -> UInt64 {
        var hash = ContentHash(seed: UInt64(bitPattern: Int64(seed)))
        hash.add(purpose)
        hash.add(index)
        hash.add(second)
        return hash.value
    }
}

extension UInt64 {
    /// As a number in [0, 1).
    var unitInterval: Double { Double(self >> 11) * 0x1p-53 }
}
