// The order of examples in an epoch: a permutation that depends on seed, epoch and count alone.

/// A counter-based generator: draw `index` of a stream is a pure function, so any draw can be had without those before it.
struct CounterStream {
    private let key: UInt64

    init(seed: Int, stream: Int) {
        key = Self.mix(Self.mix(UInt64(bitPattern: Int64(seed))) ^ UInt64(bitPattern: Int64(stream)))
    }

    subscript(index: Int) -> UInt64 { Self.mix(key &+ UInt64(bitPattern: Int64(index)) &* 0x9E37_79B9_7F4A_7C15) }

    /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The order in which epoch `epoch` goes through `count` examples.
public func epochOrder(seed: Int, epoch: Int, count: Int) -> [Int] {
    precondition(count >= 0)
    var order = Array(0..<count)
    let stream = CounterStream(seed: seed, stream: epoch)
    // Fisher–Yates; the multiply-shift draw is off from uniform by less than count / 2⁶⁴.
    for index in stride(from: count - 1, to: 0, by: -1) {
        let draw = Int(stream[index].multipliedFullWidth(by: UInt64(index + 1)).high)
        order.swapAt(index, draw)
    }
    return order
}
