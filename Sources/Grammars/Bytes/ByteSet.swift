// Sets of bytes, and the partition of all bytes into those that an automaton tells apart.

/// A set of bytes.
struct ByteSet: Hashable, Sendable {
    private var words: SIMD4<UInt64> = .zero

    static let none = ByteSet()
    static let all = ByteSet(0...255)

    init() {}
    init(_ byte: UInt8) { insert(byte) }
    init(_ range: ClosedRange<UInt8>) { for byte in range { insert(byte) } }
    init(_ bytes: some Sequence<UInt8>) { for byte in bytes { insert(byte) } }

    func contains(_ byte: UInt8) -> Bool { words[Int(byte) >> 6] >> UInt64(byte & 63) & 1 == 1 }
    mutating func insert(_ byte: UInt8) { words[Int(byte) >> 6] |= 1 << UInt64(byte & 63) }
    mutating func formUnion(_ other: ByteSet) { words |= other.words }
    var isEmpty: Bool { words == .zero }
}

/// Classes of bytes that are alike to all of some sets.
struct ByteClasses: Sendable {
    /// The class of each byte.
    private(set) var of: [UInt8]
    /// A byte of each class.
    private(set) var representatives: [UInt8]

    var count: Int { representatives.count }

    init(separating sets: Set<ByteSet>) {
        of = Array(repeating: 0, count: 256)
        representatives = [0]
        for set in sets { refine { set.contains($0) ? 1 : 0 } }
    }

    /// The classes that both partitions tell apart.
    func refined(by other: ByteClasses) -> ByteClasses {
        var result = self
        result.refine { Int(other.of[Int($0)]) }
        return result
    }

    /// Numbers classes anew by their first bytes, so that equal partitions are equal.
    private mutating func refine(_ part: (UInt8) -> Int) {
        var found: [Int: UInt8] = [:]
        var classes: [UInt8] = [], first: [UInt8] = []
        for byte in UInt8.min...UInt8.max {
            let key = Int(of[Int(byte)]) << 9 | part(byte)
            if let known = found[key] {
                classes.append(known)
            } else {
                let fresh = UInt8(first.count)
                found[key] = fresh
                classes.append(fresh)
                first.append(byte)
            }
        }
        (of, representatives) = (classes, first)
    }
}
