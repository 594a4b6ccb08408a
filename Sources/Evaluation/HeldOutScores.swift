// What a model scored on held-out rows. Everything is a sum a row, so that any set of rows has its loss without a second pass.

/// The score of one row: sums over its target tokens.
public struct RowScore: Sendable, Equatable {
    /// Σ of the target tokens' losses, natural logarithm.
    public let lossSum: Double
    public let targetCount: Int

    public init(lossSum: Double, targetCount: Int) {
        self.lossSum = lossSum
        self.targetCount = targetCount
    }

    /// The mean loss of the row's target tokens; nil without any.
    public var loss: Double? { targetCount > 0 ? lossSum / Double(targetCount) : nil }
}

/// The scores of all rows of a held-out set, in the rows' order.
public struct HeldOutScores: Sendable, Equatable {
    public let rows: [RowScore]
    public let lossSum: Double
    public let targetCount: Int
    /// Target tokens of all rows to which the model gave the highest probability.
    public let correctCount: Int

    public init(rows: [RowScore], correctCount: Int) {
        self.rows = rows
        lossSum = rows.reduce(0) { $0 + $1.lossSum }
        targetCount = rows.reduce(0) { $0 + $1.targetCount }
        self.correctCount = correctCount
    }

    /// Σ losses / Σ target tokens over all rows; nil where no row has a target.
    public var loss: Double? { targetCount > 0 ? lossSum / Double(targetCount) : nil }
    /// e to the power of the loss.
    public var perplexity: Double? { loss.map(exponential) }
    /// The share of target tokens to which the model gave the highest probability.
    public var tokenAccuracy: Double? { targetCount > 0 ? Double(correctCount) / Double(targetCount) : nil }
}
