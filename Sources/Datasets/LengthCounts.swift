// How many sequences have how many tokens: exact where it matters, bounded in memory whatever the data.

/// Counts by length. Lengths up to `exactLimit` are counted one by one, longer ones in bins that are 1/64 of their octave wide.
public struct LengthCounts: Sendable, Equatable {
    /// The longest length with a bin of its own.
    public static let exactLimit = 4096
    private static let binsPerOctave = 64

    private var bins: [Int] = []

    public init() {}

    /// How many lengths were counted.
    public var total: Int { bins.reduce(0, +) }

    /// Counts a length.
    public mutating func add(_ length: Int, count: Int = 1) {
        let bin = Self.bin(of: max(0, length))
        if bins.count <= bin { bins += Array(repeating: 0, count: bin + 1 - bins.count) }
        bins[bin] += count
    }

    /// The bins that are not empty, ascending: the lengths in each, and how many there are.
    public var ranges: [(lengths: ClosedRange<Int>, count: Int)] {
        bins.indices.filter { bins[$0] > 0 }.map { (Self.lengths(of: $0), bins[$0]) }
    }

    /// How many lengths are at most `limit`; exact up to `exactLimit`, above it to within a bin.
    public func count(atMost limit: Int) -> Int {
        guard limit >= 0 else { return 0 }
        return bins.prefix(Self.bin(of: limit) + 1).reduce(0, +)
    }

    /// A length that `share` of all lengths do not exceed; 0 where none was counted.
    public func quantile(_ share: Double) -> Int {
        let wanted = Int((share * Double(total)).rounded(.up))
        var seen = 0
        for (lengths, count) in ranges {
            seen += count
            if seen >= wanted { return lengths.upperBound }
        }
        return 0
    }

    private static func bin(of length: Int) -> Int {
        guard length > exactLimit else { return length }
        // The octave above 2¹² begins with 4097: shifted by one, bins end where powers of two do.
        let value = length - 1
        let octave = Int.bitWidth - 1 - value.leadingZeroBitCount - 12
        return exactLimit + 1 + octave * binsPerOctave + (value >> (6 + octave)) - binsPerOctave
    }

    private static func lengths(of bin: Int) -> ClosedRange<Int> {
        guard bin > exactLimit else { return bin...bin }
        let (octave, part) = (bin - exactLimit - 1).quotientAndRemainder(dividingBy: binsPerOctave)
        let width = 64 << octave
        let lower = (exactLimit << octave) + part * width + 1
        return lower...(lower + width - 1)
    }
}

extension LengthCounts: Codable {
    /// As a flat list of bin and count in turns: most bins are empty.
    public func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        for bin in bins.indices where bins[bin] > 0 {
            try list.encode(bin)
            try list.encode(bins[bin])
        }
    }

    public init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        while !list.isAtEnd {
            let bin = try list.decode(Int.self)
            let count = try list.decode(Int.self)
            guard (bins.count..<1 << 16).contains(bin), count > 0 else {
                throw DecodingError.dataCorruptedError(in: list, debugDescription: "bins must ascend")
            }
            bins += Array(repeating: 0, count: bin - bins.count) + [count]
        }
    }
}
