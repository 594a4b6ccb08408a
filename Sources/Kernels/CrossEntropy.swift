/// The loss of one target a row, −log softmax(logits)[target]: the rule of `TokenOutcomes` whose rows have the target alone by name.
public struct CrossEntropy {
    /// One a row.
    public private(set) var losses: [Float]
    /// Whether the target is the most likely token, the first of equals.
    public private(set) var isFirstChoice: [Bool]
    private let weights: [Float]?

    /// - Parameter weights: what each row's loss counts in the gradient; nil where nothing goes back.
    public init(rows: Int, weights: [Float]? = nil) {
        precondition(weights.map { $0.count == rows } ?? true)
        losses = Array(repeating: 0, count: rows)
        isFirstChoice = Array(repeating: false, count: rows)
        self.weights = weights
    }

    /// Takes a row's loss and leaves its slope.
    /// - Returns: the slope by all other tokens together, which is none.
    public mutating func rule(_ row: TokenOutcomes.Row) -> Double {
        losses[row.index] = -Float(row.logProbabilities[0])
        isFirstChoice[row.index] = row.isFirstChoice
        row.slopes[0] = weights.map { -Double($0[row.index]) } ?? 0
        return 0
    }
}
