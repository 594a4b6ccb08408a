// Counter-based random numbers: a draw depends on where it is used, never on what was drawn before it, so a resumed run draws
// what the straight run drew. Philox 4×32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).

internal import Foundation

/// The stream of random numbers for one purpose of one run.
public struct RandomStream: Sendable {
    /// What the numbers are for; each purpose has its own stream.
    public enum Purpose: UInt32, Sendable {
        case adapterInitialisation = 1, shuffle, split, dropout, sampling, bootstrap, probe, pruning, projection, folds,
            capture
        /// Which rows of a step a student writes.
        case onPolicy
        /// On what tokens begin as.
        case noise
    }

    private let key: (UInt32, UInt32)
    private let purpose: UInt32

    public init(seed: UInt64, purpose: Purpose) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.purpose = purpose.rawValue
    }

    /// Four independent 32-bit words for (`stream`, `index`), say (step, element / 4).
    public func words(stream: UInt32, index: UInt64) -> (UInt32, UInt32, UInt32, UInt32) {
        var c = (UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), stream, purpose)
        var k = key
        for _ in 0..<10 {
            let a = UInt64(0xD251_1F53) * UInt64(c.0)
            let b = UInt64(0xCD9E_8D57) * UInt64(c.2)
            c = (
                UInt32(b >> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: b),
                UInt32(a >> 32) ^ c.3 ^ k.1, UInt32(truncatingIfNeeded: a)
            )
            k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
        }
        return c
    }

    /// A number in [0, 1).
    public func uniform(stream: UInt32, index: UInt64) -> Double {
        let words = words(stream: stream, index: index)
        return Double(UInt64(words.0) << 21 ^ UInt64(words.1) >> 11) * 0x1p-53
    }

    /// A number of the standard normal distribution (Box and Muller).
    public func normal(stream: UInt32, index: UInt64) -> Double {
        let words = words(stream: stream, index: index)
        let radius = Double(UInt64(words.0) << 21 ^ UInt64(words.1) >> 11) * 0x1p-53
        let angle = Double(UInt64(words.2) << 21 ^ UInt64(words.3) >> 11) * 0x1p-53
        return (-2 * log(1 - radius)).squareRoot() * cos(2 * .pi * angle)
    }

    /// An integer in `0..<bound`, without bias worth measuring (64 random bits, multiplied and shifted).
    public func integer(below bound: Int, stream: UInt32, index: UInt64) -> Int {
        precondition(bound > 0)
        let words = words(stream: stream, index: index)
        return Int((UInt64(words.0) << 32 | UInt64(words.1)).multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// `0..<count` in random order (Fisher–Yates).
    public func permutation(of count: Int, stream: UInt32) -> [Int] {
        var order = Array(0..<count)
        for index in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(index, integer(below: index + 1, stream: stream, index: UInt64(index)))
        }
        return order
    }
}
