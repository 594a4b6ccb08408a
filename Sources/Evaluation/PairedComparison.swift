// Base against adapter on the same rows: the difference of a metric with an interval from a paired bootstrap over rows
// (see `Bootstrap`).

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
    /// Whether a larger value is a better one.
    public let higherIsBetter: Bool
    public let base: Double?
    public let adapter: Double?
    /// adapter − base; nil where a side has no value.
    public let difference: Double?
    /// The percentile interval; nil where fewer than two rows allow none, a side has no value, or a number is not finite.
    public let ci95: ClosedRange<Double>?
    /// nil where there is no interval.
    public let verdict: Verdict?
    /// Rows that both sides were measured on.
    public let rowCount: Int
    /// Clusters of rows that were drawn as one; nil where rows were drawn by themselves.
    public let clusterCount: Int?
    /// Rows that an evaluation needs to call a difference as large as this one a difference in four cases of five, if they spread as
    /// these do; nil where there is no interval, or no difference at all.
    public let rowsNeeded: Int?

    /// Compares row by row: both sides must be of the same rows in the same order.
    ///
    /// A resample draws rows with replacement and forms the metric of their sums again, on both sides of the same rows.
    /// - Parameter clusters: of each held-out row, which cluster it belongs to; rows of a cluster are drawn together.
    /// - Precondition: the same metric of equally many rows.
    public init(base: RowMetric, adapter: RowMetric, seed: UInt64, sampleCount: Int, clusters: [Int]? = nil) {
        precondition(base.isComparable(to: adapter), "a paired comparison needs the same rows on both sides")
        metric = base.name
        higherIsBetter = base.higherIsBetter
        rowCount = base.rowCount
        (self.base, self.adapter) = (base.value, adapter.value)
        let difference: Double? =
            if let before = self.base, let after = self.adapter { after - before } else { nil }
        self.difference = difference
        let drawn = clusters.map { clusters in [base, adapter].map { $0.grouped(by: clusters) } } ?? [base, adapter]
        clusterCount = clusters == nil ? nil : drawn[0].rowCount
        guard drawn[0].rowCount >= 2, let difference else {
            (ci95, verdict, rowsNeeded) = (nil, nil, nil)
            return
        }
        // 0 where the rows drawn have no value.
        let spread = Bootstrap(seed: seed, sampleCount: sampleCount).spread(drawn) { sums in
            guard let before = base.valueOfSums(sums[0]), let after = adapter.valueOfSums(sums[1]) else { return 0 }
            return after - before
        }
        ci95 = spread?.interval
        verdict = ci95.map { interval in
            let isHigher = interval.lowerBound > 0, isLower = interval.upperBound < 0
            return !isHigher && !isLower ? .noDifference : isHigher == base.higherIsBetter ? .better : .worse
        }
        rowsNeeded = spread.flatMap { [rowCount] in
            Power.rowsNeeded(difference: difference, standardError: $0.standardError, rows: rowCount)
        }
    }
}

/// How many rows show what.
enum Power {
    /// The normal distribution's quantile of 0.975, for a test to both sides at 5 %, and its quantile of 0.8, for a power of 80 %.
    private static let quantiles = 1.959963984540054 + 0.8416212335729143
    /// Beyond this, nobody has as many rows.
    private static let most = 1e12

    /// The standard error falls as the root of the number of rows.
    static func rowsNeeded(difference: Double, standardError: Double, rows: Int) -> Int? {
        guard difference != 0 else { return nil }
        let ratio = quantiles * standardError / difference, needed = (Double(rows) * ratio * ratio).rounded(.up)
        return needed.isFinite && needed <= most ? max(2, Int(needed)) : nil
    }
}
