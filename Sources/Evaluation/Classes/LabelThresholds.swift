// From which probability on a row is said to have a label, where it may have several: chosen on rows that nothing was trained on.

public enum LabelThresholds {
    /// Of each label the threshold with the best F1 on these rows: a label is said where its score is at least that.
    ///
    /// Between two scores the threshold stands halfway; of equally good ones the closest to 0.5 is taken, which also stands for a label
    /// that no row has.
    ///
    /// - Parameters:
    ///   - scores: `[row][label]`.
    ///   - truth: `[row][label]`, whether the row has the label.
    public static func chosen(scores: [[Double]], truth: [[Bool]]) -> [Double] {
        precondition(scores.count == truth.count && zip(scores, truth).allSatisfy { $0.count == $1.count })
        return (scores.first ?? []).indices.map { label in
            best(zip(scores, truth).map { ($0[label], $1[label]) })
        }
    }

    private static func best(_ rows: [(score: Double, isTrue: Bool)]) -> Double {
        let sorted = rows.sorted { $0.score > $1.score }, actual = rows.count { $0.isTrue }
        guard actual > 0 else { return 0.5 }
        var best = (f1: -1.0, threshold: 0.5), correct = 0
        for (place, row) in sorted.enumerated() {
            if row.isTrue { correct += 1 }
            let next = place + 1 < sorted.count ? sorted[place + 1].score : nil
            // Rows of equal scores are said to have the label together.
            guard next != row.score else { continue }
            let f1 = 2 * Double(correct) / Double(place + 1 + actual)
            let lowest = next ?? min(row.score, 0), threshold = closest(to: 0.5, above: lowest, upTo: row.score)
            if f1 > best.f1 || f1 == best.f1 && abs(threshold - 0.5) < abs(best.threshold - 0.5) {
                best = (f1, threshold)
            }
        }
        return best.threshold
    }

    /// 0.5 where it lies between two scores, else halfway between them.
    private static func closest(to middle: Double, above lower: Double, upTo upper: Double) -> Double {
        if lower < middle, middle <= upper { return middle }
        let half = lower + (upper - lower) / 2
        return half > lower ? half : upper
    }
}
