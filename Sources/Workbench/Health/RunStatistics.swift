// Figures of noisy curves: what rules compare instead of single steps.

internal import Foundation

/// A loss from step to step.
struct LossCurve {
    /// Steps of which the mean is one reading.
    let width: Int
    private let values: [Double]

    /// nil for fewer than `minimum` values.
    init?(_ values: [Double], atLeast minimum: Int) {
        guard values.count >= max(3, minimum), values.allSatisfy(\.isFinite) else { return nil }
        self.values = values
        width = max(3, min(20, values.count / 5))
    }

    /// Before anything was learnt: the first few steps.
    var start: Double { values.prefix(max(1, min(3, values.count / 8))).mean }
    /// The last reading.
    var end: Double { values.suffix(width).mean }
    /// What is gone of the start, from 0 to 1; below 0 where it rose.
    var fall: Double { start > 0 ? (start - end) / start : 0 }

    /// By how much a reading may differ from another by chance: from the differences between steps that follow each other.
    var noise: Double {
        let steps = zip(values, values.dropFirst()).map { abs($0 - $1) }
        // The median distance of two draws of one normal distribution is 0.954 of its deviation.
        return steps.median / 0.954 / Double(width).squareRoot()
    }

    /// The middle of each stretch of `width` values, by the index after its last one: of some that stand out it knows nothing.
    var middles: [(end: Int, value: Double)] {
        (width...values.count).map { ($0, values[($0 - width)..<$0].median) }
    }

    /// The mean of the `width` values before `index`, or of those that are there.
    func reading(before index: Int) -> Double { values[max(0, index - width)..<max(1, min(index, values.count))].mean }
}

extension Collection<Double> {
    var mean: Double { isEmpty ? .nan : reduce(0, +) / Double(count) }

    /// 0 of none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = self.sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}

extension Double {
    /// As findings show it: three figures, or four decimals at most of what is large.
    var shown: String {
        guard isFinite else { return "\(self)" }
        return abs(self) >= 0.001 && abs(self) < 10_000 || self == 0
            ? String(format: abs(self) >= 100 ? "%.0f" : abs(self) >= 1 ? "%.2f" : "%.3f", self)
            : String(format: "%.1e", self)
    }

    /// A share in percent.
    var percent: String { String(format: abs(self) < 0.0995 ? "%.1f %%" : "%.0f %%", 100 * self) }
}
