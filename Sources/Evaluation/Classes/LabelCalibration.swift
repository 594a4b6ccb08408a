// How far a classifier's probabilities are from how often it is right: the expected calibration error (Guo et al., "On Calibration
// of Modern Neural Networks", 2017), over equal bins of the probability of the label that was chosen.

/// The rows whose confidence lies in one bin.
public struct CalibrationBin: Sendable, Equatable {
    /// Above the lower bound, up to the upper one.
    public let bounds: ClosedRange<Double>
    public let rows: Int
    /// Their mean confidence; 0 without rows.
    public let confidence: Double
    /// The share of them that are right; 0 without rows.
    public let accuracy: Double
}

/// What the confidences of a classifier are worth.
public enum LabelCalibration {
    public static let binCount = 15

    /// - Parameters:
    ///   - confidences: the probability of the label that was chosen, of each row.
    ///   - isRight: whether it is the right one.
    public static func bins(confidences: [Double], isRight: [Bool], count: Int = binCount) -> [CalibrationBin] {
        var sums = [(rows: Int, confidence: Double, right: Int)](repeating: (0, 0, 0), count: count)
        for (confidence, isRight) in zip(confidences, isRight) {
            let bin = bin(of: confidence, count)
            sums[bin].rows += 1
            sums[bin].confidence += confidence
            sums[bin].right += isRight ? 1 : 0
        }
        return sums.enumerated().map { bin, sum in
            let rows = Double(max(sum.rows, 1))
            return CalibrationBin(
                bounds: Double(bin) / Double(count)...Double(bin + 1) / Double(count), rows: sum.rows,
                confidence: sum.confidence / rows, accuracy: Double(sum.right) / rows)
        }
    }

    /// The bin of a confidence: (0, 1/n], (1/n, 2/n], …
    static func bin(of confidence: Double, _ count: Int) -> Int {
        let place = confidence * Double(count)
        guard place.isFinite, place > 0 else { return 0 }
        var bin = min(Int(place), count - 1)
        while bin > 0, confidence <= Double(bin) / Double(count) { bin -= 1 }
        while bin < count - 1, confidence > Double(bin + 1) / Double(count) { bin += 1 }
        return bin
    }
}

extension RowMetric {
    /// The expected calibration error: the mean of |accuracy − confidence| over bins, each weighing as many rows as it has.
    public static func calibrationError(
        confidences: [Double], isRight: [Bool], bins: Int = LabelCalibration.binCount
    ) -> RowMetric {
        precondition(confidences.count == isRight.count)
        let entries = zip(confidences, isRight).map { confidence, isRight in
            let bin = 2 * LabelCalibration.bin(of: confidence, bins)
            return [(column: bin, value: (isRight ? 1 : 0) - confidence), (column: bin + 1, value: 1.0)]
        }
        return RowMetric("ece", higherIsBetter: false, entries: entries, width: 2 * bins) { sums in
            var (distance, rows) = (0.0, 0.0)
            for bin in 0..<bins {
                distance += abs(sums[2 * bin])
                rows += sums[2 * bin + 1]
            }
            return rows > 0 ? distance / rows : nil
        }
    }
}
