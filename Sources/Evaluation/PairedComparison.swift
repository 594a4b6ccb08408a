// Base against adapter on the same rows: the difference of their losses with an interval from a paired bootstrap over rows
// (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, percentile interval).

import Tensors

/// What the interval says about the adapter.
public enum Verdict: String, Sendable {
    case better
    case worse
    case noDifference = "no difference"
}

/// The difference adapter − base of the corpus losses (Σ losses / Σ targets), so that below zero the adapter is better.
public struct PairedComparison: Sendable, Equatable {
    public let lossDifference: Double
    /// The percentile interval; nil where fewer than two rows allow none.
    public let ci95: ClosedRange<Double>?
    public let verdict: Verdict

    /// The bootstrap samples a comparison draws unless told otherwise.
    public static let defaultSampleCount = 2_000

    /// Compares row by row: both scores must be of the same rows in the same order.
    ///
    /// A resample draws rows with replacement and forms the ratio of sums again: a mean of row means would weigh short rows
    /// as much as long ones and answer another question than the reported loss.
    /// - Precondition: equal numbers of rows and, row for row, of targets.
    public init(base: HeldOutScores, adapter: HeldOutScores, seed: UInt64, sampleCount: Int = defaultSampleCount) {
        precondition(
            base.rows.count == adapter.rows.count
                && zip(base.rows, adapter.rows).allSatisfy { $0.targetCount == $1.targetCount },
            "a paired comparison needs the same rows on both sides")
        precondition(sampleCount > 0)
        let excess = zip(base.rows, adapter.rows).map { $1.lossSum - $0.lossSum }
        let targets = base.rows.map(\.targetCount)
        lossDifference = base.targetCount > 0 ? excess.reduce(0, +) / Double(base.targetCount) : 0
        guard targets.filter({ $0 > 0 }).count >= 2 else {
            ci95 = nil
            verdict = .noDifference
            return
        }
        let resampled = Self.resampledDifferences(
            excess, targets, RandomStream(seed: seed, purpose: .bootstrap), sampleCount)
        let interval = Self.interval(of: resampled)
        ci95 = interval
        // NaN on either side compares false with everything and so never earns a verdict.
        verdict =
            interval.map { $0.upperBound < 0 ? .better : $0.lowerBound > 0 ? .worse : .noDifference } ?? .noDifference
    }

    private static func resampledDifferences(
        _ excess: [Double], _ targets: [Int], _ random: RandomStream, _ sampleCount: Int
    ) -> [Double] {
        let rowCount = excess.count
        return (0..<sampleCount).map { sample in
            var sum = 0.0
            var count = 0
            for draw in 0..<rowCount {
                let row = random.integer(below: rowCount, stream: UInt32(sample), index: UInt64(draw))
                sum += excess[row]
                count += targets[row]
            }
            return count > 0 ? sum / Double(count) : 0
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
