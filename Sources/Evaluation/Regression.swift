// Numbers beside the right ones: errors and correlations.

extension RowMetric {
    /// The mean of |prediction − truth|.
    public static func meanAbsoluteError(predictions: [Double], truth: [Double]) -> RowMetric {
        precondition(predictions.count == truth.count)
        return mean("mae", zip(predictions, truth).map { abs($0 - $1) }, higherIsBetter: false)
    }

    /// The root of the mean of (prediction − truth)².
    public static func rootMeanSquaredError(predictions: [Double], truth: [Double]) -> RowMetric {
        precondition(predictions.count == truth.count)
        return RowMetric(
            "rmse", higherIsBetter: false, rows: zip(predictions, truth).map { [($0 - $1) * ($0 - $1), 1] }, width: 2
        ) { $0[1] > 0 ? ($0[0] / $0[1]).squareRoot() : nil }
    }

    /// Pearson's correlation; nil where either side is the same everywhere.
    public static func pearson(predictions: [Double], truth: [Double]) -> RowMetric {
        precondition(predictions.count == truth.count)
        // Around the mean, so that squares keep their digits.
        let (first, second) = (centred(predictions), centred(truth))
        return RowMetric(
            "pearson", higherIsBetter: true, rows: zip(first, second).map { [1, $0, $1, $0 * $0, $1 * $1, $0 * $1] },
            width: 6
        ) { correlation(count: $0[0], $0[1], $0[2], squares: $0[3], $0[4], products: $0[5]) }
    }

    /// Spearman's correlation: Pearson's of ranks, equal values sharing the mean of theirs. Rows drawn again are ranked again.
    public static func spearman(predictions: [Double], truth: [Double]) -> RowMetric {
        precondition(predictions.count == truth.count)
        let first = Ranks(predictions), second = Ranks(truth), count = truth.count
        // Each row has a sum of its own: how often it was drawn.
        return RowMetric(
            "spearman", higherIsBetter: true, entries: truth.indices.map { [(column: $0, value: 1.0)] }, width: count
        ) { times in
            let (x, y) = (first.ranks(times), second.ranks(times))
            var sums = (count: 0.0, x: 0.0, y: 0.0, xx: 0.0, yy: 0.0, xy: 0.0)
            for row in 0..<count where times[row] > 0 {
                let weight = times[row]
                sums.count += weight
                sums.x += weight * x[row]
                sums.y += weight * y[row]
                sums.xx += weight * x[row] * x[row]
                sums.yy += weight * y[row] * y[row]
                sums.xy += weight * x[row] * y[row]
            }
            return correlation(
                count: sums.count, sums.x, sums.y, squares: sums.xx, sums.yy, products: sums.xy)
        }
    }

    private static func centred(_ values: [Double]) -> [Double] {
        guard let first = values.first, values.contains(where: { $0 != first }) else {
            return [Double](repeating: 0, count: values.count)
        }
        let mean = values.reduce(0, +) / Double(values.count)
        return values.map { $0 - mean }
    }

    /// Of sums of two sides, of their squares and of their products.
    private static func correlation(
        count: Double, _ x: Double, _ y: Double, squares xx: Double, _ yy: Double, products xy: Double
    ) -> Double? {
        guard count > 1 else { return nil }
        let (spreadX, spreadY) = (xx - x * x / count, yy - y * y / count)
        // What is left of equal numbers is rounding alone.
        guard spreadX > 1e-13 * xx, spreadY > 1e-13 * yy else { return nil }
        return max(-1, min(1, (xy - x * y / count) / (spreadX * spreadY).squareRoot()))
    }
}

/// The order of a list of numbers, from which ranks follow however often each is drawn.
private struct Ranks: Sendable {
    /// Places of equal numbers, the smallest first.
    private let groups: [[Int]]
    private let count: Int

    init(_ values: [Double]) {
        count = values.count
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        var groups: [[Int]] = []
        for place in order {
            if let last = groups.last?.first, values[last] == values[place] {
                groups[groups.count - 1].append(place)
            } else {
                groups.append([place])
            }
        }
        self.groups = groups
    }

    /// The rank of each number, from 1, each standing there as often as `times` says.
    func ranks(_ times: UnsafeBufferPointer<Double>) -> [Double] {
        var ranks = [Double](repeating: 0, count: count), before = 0.0
        for group in groups {
            let own = group.reduce(0) { $0 + times[$1] }
            for place in group { ranks[place] = before + (own + 1) / 2 }
            before += own
        }
        return ranks
    }
}
