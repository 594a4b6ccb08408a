// Metrics that are a ratio of two sums over rows, as numbers that can be kept and read again: a mean over rows, or over tokens.

/// What one row adds to such a metric.
public struct RowRatio: Sendable, Equatable {
    /// Which of the held-out rows it is.
    public let number: Int
    public let sum: Double
    public let weight: Double

    /// A row's share from its parts.
    public init(number: Int, sum: Double, weight: Double) {
        (self.number, self.sum, self.weight) = (number, sum, weight)
    }
}

extension RowMetric {
    /// Σ sums / Σ weights of rows.
    ///
    /// - Parameter rows: ascending by number; those without weight do not count.
    public static func ratio(_ name: String, _ rows: [RowRatio], higherIsBetter: Bool) -> RowMetric {
        var metric = RowMetric(
            name, higherIsBetter: higherIsBetter, rows: rows.map { [$0.sum, $0.weight] }, width: 2,
            counts: rows.map { $0.weight > 0 }
        ) { $0[1] > 0 ? $0[0] / $0[1] : nil }
        metric.isRatio = true
        return metric.numbered(rows.map(\.number))
    }

    /// What each row adds, where the metric is a ratio of two sums; nil for all others.
    public var ratios: [RowRatio]? {
        guard isRatio else { return nil }
        return numbers.indices.map { row in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 2) { sums in
                sums.initialize(repeating: 0)
                add(row, to: sums)
                return RowRatio(number: numbers[row], sum: sums[0], weight: sums[1])
            }
        }
    }
}
