// Base against adapter on the same rows: the difference of a metric with an interval from a paired bootstrap over rows
// (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, percentile interval).

import Tensors

/// What the interval says about the adapter.
public enum Verdict: String, Sendable {
    case better
    case worse
    case noDifference = "no difference"
}

/// The difference adapter − base of one metric.
public struct PairedComparison: Sendable, Equatable {
    /// The metric's name.
    public let metric: String
    public let base: Double?
    public let adapter: Double?
    /// adapter − base; 0 where a side has no value.
    public let difference: Double
    /// The percentile interval; nil where fewer than two rows allow none, or a number is not finite.
    public let ci95: ClosedRange<Double>?
    /// nil where there is no interval.
    public let verdict: Verdict?
    /// Rows that both sides were measured on.
    public let rowCount: Int

    /// Compares row by row: both sides must be of the same rows in the same order.
    ///
    /// A resample draws rows with replacement and forms the metric of their sums again, on both sides of the same rows.
    /// - Precondition: the same metric of equally many rows.
    public init(base: RowMetric, adapter: RowMetric, seed: UInt64, sampleCount: Int) {
        precondition(
            base.name == adapter.name && base.allRows == adapter.allRows && base.rowCount == adapter.rowCount
                && base.width == adapter.width, "a paired comparison needs the same rows on both sides")
        precondition(sampleCount > 0)
        metric = base.name
        rowCount = base.rowCount
        (self.base, self.adapter) = (base.value, adapter.value)
        if let before = self.base, let after = self.adapter { difference = after - before } else { difference = 0 }
        guard rowCount >= 2 else {
            (ci95, verdict) = (nil, nil)
            return
        }
        let random = RandomStream(seed: seed, purpose: .bootstrap)
        ci95 = Self.interval(of: Self.resampledDifferences(base, adapter, random, sampleCount))
        verdict = ci95.map { interval in
            let isHigher = interval.lowerBound > 0, isLower = interval.upperBound < 0
            return !isHigher && !isLower ? .noDifference : isHigher == base.higherIsBetter ? .better : .worse
        }
    }

    /// The difference in each resample; 0 where the rows drawn have no value.
    private static func resampledDifferences(
        _ base: RowMetric, _ adapter: RowMetric, _ random: RandomStream, _ sampleCount: Int
    ) -> [Double] {
        let rowCount = base.allRows, width = base.width
        var sums = [[Double]](repeating: [Double](repeating: 0, count: width), count: 2)
        return (0..<sampleCount).map { sample in
            for side in 0..<2 { for column in 0..<width { sums[side][column] = 0 } }
            for draw in 0..<rowCount {
                let row = random.integer(below: rowCount, stream: UInt32(sample), index: UInt64(draw))
                for column in 0..<width {
                    sums[0][column] += base.numbers[row * width + column]
                    sums[1][column] += adapter.numbers[row * width + column]
                }
            }
            guard let before = sums[0].withUnsafeBufferPointer(base.valueOfSums),
                let after = sums[1].withUnsafeBufferPointer(adapter.valueOfSums)
            else { return 0 }
            return after - before
        }
    }

    /// The central 95 % of `samples`; nil if any is not finite.
    private static func interval(of samples: [Double]) -> ClosedRange<Double>? {
        guard samples.allSatisfy(\.isFinite) else { return nil }
        let sorted = samples.sorted()
        return quantile(0.025, ofSorted: sorted)...quantile(0.975, ofSorted: sorted)
    }

    /// Linear between the two nearest order statistics, as NumPy's default.
    private static func quantile(_ share: Double, ofSorted sorted: [Double]) -> Double {
        let position = share * Double(sorted.count - 1)
        let lower = Int(position)
        let upper = min(lower + 1, sorted.count - 1)
        // Not l·(1−f) + u·f: equal neighbours must give their value exactly, or [0, 0] could miss zero.
        return sorted[lower] + (sorted[upper] - sorted[lower]) * (position - Double(lower))
    }
}
