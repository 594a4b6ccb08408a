// A metric as sums over rows, so that any set of rows, drawn again or not, has its value without a second pass.

public import Objectives

/// What a metric knows of each row: numbers that are added up, and what the sums say.
public struct RowMetric: Sendable {
    /// As the command's JSON names it: "loss", "rouge_l".
    public let name: String
    /// Whether a larger value is a better one.
    public let higherIsBetter: Bool
    /// Numbers of one row after the other, `[rows, width]`.
    let numbers: [Double]
    let width: Int
    /// Of the sums; nil where they allow none.
    let valueOfSums: @Sendable (UnsafeBufferPointer<Double>) -> Double?
    /// Rows without which the value would be the same do not count.
    public let rowCount: Int

    init(
        _ name: String, higherIsBetter: Bool, rows: [[Double]], width: Int, rowCount: Int? = nil,
        valueOfSums: @escaping @Sendable (UnsafeBufferPointer<Double>) -> Double?
    ) {
        precondition(rows.allSatisfy { $0.count == width })
        self.name = name
        self.higherIsBetter = higherIsBetter
        numbers = rows.flatMap { $0 }
        self.width = width
        self.rowCount = rowCount ?? rows.count
        self.valueOfSums = valueOfSums
    }

    /// Rows, those that do not count included.
    var allRows: Int { numbers.count / width }

    /// The value over all rows; nil for none.
    public var value: Double? {
        var sums = [Double](repeating: 0, count: width)
        for row in 0..<allRows { for column in 0..<width { sums[column] += numbers[row * width + column] } }
        return sums.withUnsafeBufferPointer(valueOfSums)
    }
}

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
        RowMetric(
            name, higherIsBetter: higherIsBetter, rows: scores.rows.map { [$0[name], Double($0.weight)] }, width: 2,
            rowCount: scores.rows.count { $0.weight > 0 }
        ) { $0[1] > 0 ? $0[0] / $0[1] : nil }
    }

    /// The mean of one number a row: the share of right answers, the mean of a score.
    public static func mean(_ name: String, _ values: [Double]) -> RowMetric {
        RowMetric(name, higherIsBetter: true, rows: values.map { [$0, 1] }, width: 2) {
            $0[1] > 0 ? $0[0] / $0[1] : nil
        }
    }

    /// The share of rows where the likeliest label is the right one.
    public static func accuracy(_ isRight: [Bool]) -> RowMetric { mean("accuracy", isRight.map { $0 ? 1 : 0 }) }

    /// The share of answers that equal their reference.
    public static func exactMatch(answers: [String], references: [String]) -> RowMetric {
        precondition(answers.count == references.count)
        return mean("exact_match", zip(answers, references).map { ExactMatch.matches($0, $1) ? 1 : 0 })
    }

    /// The mean F1 of the longest common subsequence.
    public static func rougeL(answers: [String], references: [String], units: TextUnits) -> RowMetric {
        precondition(answers.count == references.count)
        return mean(
            "rouge_l", zip(answers, references).map { RougeL.score(answer: $0, reference: $1, units: units) })
    }

    /// The BLEU of the corpus, 0...100.
    public static func bleu(answers: [String], references: [String], units: TextUnits) -> RowMetric {
        precondition(answers.count == references.count)
        return RowMetric(
            "bleu", higherIsBetter: true,
            rows: zip(answers, references).map { BLEU.statistics(answer: $0, reference: $1, units: units) },
            width: BLEU.statisticCount
        ) { BLEU.score(ofSums: $0) }
    }
}
