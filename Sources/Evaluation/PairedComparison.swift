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
        metric = base.name
        rowCount = base.rowCount
        (self.base, self.adapter) = (base.value, adapter.value)
        if let before = self.base, let after = self.adapter { difference = after - before } else { difference = 0 }
        guard rowCount >= 2 else {
            (ci95, verdict) = (nil, nil)
            return
        }
        // 0 where the rows drawn have no value.
        ci95 = Bootstrap(seed: seed, sampleCount: sampleCount).interval([base, adapter]) { sums in
            guard let before = base.valueOfSums(sums[0]), let after = adapter.valueOfSums(sums[1]) else { return 0 }
            return after - before
        }
        verdict = ci95.map { interval in
            let isHigher = interval.lowerBound > 0, isLower = interval.upperBound < 0
            return !isHigher && !isLower ? .noDifference : isHigher == base.higherIsBetter ? .better : .worse
        }
    }
}
