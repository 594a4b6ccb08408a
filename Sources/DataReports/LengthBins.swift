// Lengths in equal bins, as they are drawn.

internal import Datasets

/// Counts of lengths in bins of one width; the last one holds what is longer, too.
struct LengthBins {
    let width: Int
    private(set) var counts: [Int]
    /// Those in the last bin that are longer than it reaches.
    private(set) var beyond = 0

    /// A width that makes about 64 bins, one of which ends at the limit where some width does that.
    static func width(upTo longest: Int, limit: Int?) -> Int {
        let plain = max(1, (longest + 63) / 64)
        guard let limit, limit > plain, limit <= longest else { return plain }
        return (plain...2 * plain).first { limit % $0 == 0 } ?? plain
    }

    /// - Parameter count: bins at most; fewer where lengths are few.
    init(_ lengths: LengthCounts, upTo longest: Int, count: Int) {
        self.init(lengths, upTo: longest, width: max(1, (longest + count - 1) / count))
    }

    init(_ lengths: LengthCounts, upTo longest: Int, width: Int) {
        self.width = width
        counts = [Int](repeating: 0, count: max(1, (longest + width - 1) / width))
        for (range, number) in lengths.ranges {
            // A wide bin of the counts is shared out among those that it lies in.
            var rest = number
            var lower = range.lowerBound
            while lower <= range.upperBound {
                let bin = index(of: lower)
                let upper = bin == counts.count - 1 ? range.upperBound : min(range.upperBound, (bin + 1) * width)
                let share = upper == range.upperBound ? rest : number * (upper - lower + 1) / range.count
                counts[bin] += share
                rest -= share
                lower = upper + 1
            }
            if range.lowerBound > counts.count * width { beyond += number }
        }
    }

    /// Bin `i` holds lengths of more than `i · width` and at most `(i + 1) · width`.
    func index(of length: Int) -> Int { min(counts.count - 1, max(0, length - 1) / width) }
}
