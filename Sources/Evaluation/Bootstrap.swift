// Percentile intervals from a bootstrap over rows (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993), or over clusters
// of rows that belong together.

internal import Tensors

/// Draws rows again and again, with replacement.
struct Bootstrap {
    private let random: RandomStream
    private let sampleCount: Int

    init(seed: UInt64, sampleCount: Int) {
        precondition(sampleCount > 0)
        random = RandomStream(seed: seed, purpose: .bootstrap)
        self.sampleCount = sampleCount
    }

    /// How a value lies over resamples; nil for fewer than two rows, or where a value is not finite.
    ///
    /// - Parameters:
    ///   - metrics: of the same rows, which are drawn together.
    ///   - value: what the metrics' sums over the rows drawn come to.
    func spread(_ metrics: [RowMetric], _ value: ([UnsafeBufferPointer<Double>]) -> Double) -> BootstrapSpread? {
        guard let rowCount = metrics.first?.allRows, rowCount >= 2 else { return nil }
        precondition(metrics.allSatisfy { $0.allRows == rowCount })
        let sums = metrics.map { UnsafeMutableBufferPointer<Double>.allocate(capacity: $0.width) }
        defer { sums.forEach { $0.deallocate() } }
        let samples = (0..<sampleCount).map { sample in
            for side in sums { side.initialize(repeating: 0) }
            for draw in 0..<rowCount {
                let row = random.integer(below: rowCount, stream: UInt32(sample), index: UInt64(draw))
                for (metric, side) in zip(metrics, sums) { metric.add(row, to: side) }
            }
            return value(sums.map { UnsafeBufferPointer($0) })
        }
        guard samples.allSatisfy(\.isFinite) else { return nil }
        return BootstrapSpread(samples)
    }
}

/// How a value lies over resamples.
struct BootstrapSpread {
    /// The central 95 %.
    let interval: ClosedRange<Double>
    /// The standard deviation over resamples, which stands for the value's standard error.
    let standardError: Double

    init(_ samples: [Double]) {
        let sorted = samples.sorted()
        interval = Quantile.of(0.025, sorted: sorted)...Quantile.of(0.975, sorted: sorted)
        let mean = samples.reduce(0, +) / Double(samples.count)
        let squares = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        standardError = (squares / Double(max(samples.count - 1, 1))).squareRoot()
    }
}

/// Numbers below which a share of others lies.
public enum Quantile {
    /// Linear between the two nearest order statistics, as NumPy's default.
    /// - Precondition: `sorted` holds a number, and ascends.
    public static func of(_ share: Double, sorted: [Double]) -> Double {
        let position = share * Double(sorted.count - 1)
        let lower = Int(position)
        let upper = min(lower + 1, sorted.count - 1)
        // Not l·(1−f) + u·f: equal neighbours must give their value exactly, or [0, 0] could miss zero.
        return sorted[lower] + (sorted[upper] - sorted[lower]) * (position - Double(lower))
    }
}

extension RowMetric {
    /// Where the value lies with 95 % confidence; nil for fewer than two rows, or where a number is not finite.
    public func interval(seed: UInt64, sampleCount: Int) -> ClosedRange<Double>? {
        Bootstrap(seed: seed, sampleCount: sampleCount).spread([self]) { valueOfSums($0[0]) ?? 0 }?.interval
    }
}
