// Which tokens of a vocabulary may come next: a bit each.

/// A set of token ids.
public struct TokenMask: Sendable, Equatable {
    /// How many ids there are; those from here on are never in the set.
    public let count: Int
    /// 64 ids each, the lowest in the lowest bit.
    public internal(set) var words: [UInt64]

    /// An empty set.
    ///
    /// - Parameter count: of the vocabulary's ids.
    public init(count: Int) {
        self.count = count
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    /// Whether `token` is in the set. Ids outside the vocabulary, such as a model's rows that no token has, are not.
    public func contains(_ token: Int32) -> Bool {
        guard token >= 0, Int(token) < count else { return false }
        return words[Int(token) >> 6] >> UInt64(token & 63) & 1 == 1
    }

    /// Adds `token`; one outside the vocabulary stays out: a tokenizer may have tokens that its model has no row for.
    public mutating func insert(_ token: Int32) {
        guard token >= 0, Int(token) < count else { return }
        words[Int(token) >> 6] |= 1 << UInt64(token & 63)
    }

    public mutating func remove(_ token: Int32) {
        guard token >= 0, Int(token) < count else { return }
        words[Int(token) >> 6] &= ~(1 << UInt64(token & 63))
    }

    public mutating func removeAll() {
        for index in words.indices { words[index] = 0 }
    }

    /// Adds what `other`, of a vocabulary that may be larger or smaller, has of this one.
    public mutating func formUnion(_ other: TokenMask) {
        for index in 0..<min(words.count, other.words.count) { words[index] |= other.words[index] }
        if other.count > count, count % 64 != 0 { words[words.count - 1] &= 1 << UInt64(count % 64) - 1 }
    }

    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// How many ids are in the set.
    public var population: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The ids in the set, ascending.
    public var tokens: [Int32] {
        var tokens: [Int32] = []
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                tokens.append(Int32(index * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return tokens
    }
}
