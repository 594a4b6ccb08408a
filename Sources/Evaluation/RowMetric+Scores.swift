// Metrics of what a model scored on held-out rows: the loss, and what its objective measures beside it.

public import Objectives

extension RowMetric {
    /// Σ losses / Σ weights: a mean of row means would weigh short rows as much as long ones.
    public static func loss(_ scores: HeldOutScores) -> RowMetric {
        mean(of: NamedSums.loss, scores, higherIsBetter: false)
    }

    /// By what base and adapter are compared beside the loss.
    public static func measures(of objective: any Objective, _ scores: HeldOutScores) -> [RowMetric] {
        objective.measures.filter(\.isCompared).map { mean(of: $0.name, scores, higherIsBetter: $0.higherIsBetter) }
    }

    /// Σ of one of the rows' sums / Σ weights.
    public static func mean(of name: String, _ scores: HeldOutScores, higherIsBetter: Bool) -> RowMetric {
        ratio(
            name,
            zip(scores.numbers, scores.rows).map { number, row in
                RowRatio(number: number, sum: row[name], weight: Double(row.weight))
            }, higherIsBetter: higherIsBetter)
    }
}
