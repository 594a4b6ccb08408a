// McNemar's test (1947) of two classifiers on the same rows: only rows count on which one is right and the other wrong.

/// Whether base and adapter are right about equally often.
public struct McNemar: Sendable, Equatable {
    /// Rows that the base alone has right.
    public let onlyBase: Int
    /// Rows that the adapter alone has right.
    public let onlyAdapter: Int
    /// Whether the binomial distribution was summed; else χ² with a continuity correction stands for it.
    public let isExact: Bool
    /// χ²; where the test is exact, the smaller of the two numbers of rows.
    public let statistic: Double
    /// How likely a difference as large as this one is by chance, to either side.
    public let pValue: Double

    /// Rows below which the test is exact.
    public static let exactBelow = 25

    public init(base: [Bool], adapter: [Bool]) {
        precondition(base.count == adapter.count)
        self.init(
            onlyBase: zip(base, adapter).count { $0 && !$1 }, onlyAdapter: zip(base, adapter).count { !$0 && $1 })
    }

    public init(onlyBase: Int, onlyAdapter: Int) {
        self.onlyBase = onlyBase
        self.onlyAdapter = onlyAdapter
        let count = onlyBase + onlyAdapter, fewer = min(onlyBase, onlyAdapter)
        isExact = count < Self.exactBelow
        if isExact {
            statistic = Double(fewer)
            pValue = min(1, 2 * Self.binomialTail(upTo: fewer, of: count))
        } else {
            // As statsmodels: the correction is not held back where both numbers are equal.
            let difference = Double(abs(onlyBase - onlyAdapter)) - 1
            statistic = difference * difference / Double(count)
            pValue = complementaryErrorFunction((statistic / 2).squareRoot())
        }
    }

    /// How likely `count` throws of a coin show heads at most `most` times.
    private static func binomialTail(upTo most: Int, of count: Int) -> Double {
        var (ways, sum) = (1, 0)
        for heads in 0...most {
            sum += ways
            ways = ways * (count - heads) / (heads + 1)
        }
        return Double(sum) / Double(1 << count)
    }
}
