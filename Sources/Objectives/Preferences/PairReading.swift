// What stands between the two halves of a step that learns from pairs: what was read of them, and what follows for each sequence.

/// What a model and its reference say of some pairs.
struct PairReading {
    /// How unlikely the model finds a chosen answer.
    struct Likelihood {
        /// Σ −log p over its tokens.
        let loss: Double
        let tokens: Int
        /// What a token counts of a mean over the step's tokens, where losses are a mean over pairs.
        let share: Double
    }

    var pairs: [AnswerPair]
    /// One for each pair; none where likelihoods count nothing.
    var likelihoods: [Likelihood]
    /// Σ KL(model ‖ reference) over the tokens of both answers, one for each pair; none where that was not asked.
    var distances: [Double] = []
}

/// What pairs count.
struct CountedPairs {
    var units: [NamedSums] = []
    /// By the log-probability of each answer, the chosen one's first.
    var slopes: [Double] = []
    /// What the loss of each token of a sequence counts beside that.
    var likelihoods: [Double] = []

    /// Those of the pairs `range`.
    func part(_ range: Range<Int>) -> CountedPairs {
        let sequences = 2 * range.lowerBound..<2 * range.upperBound
        return CountedPairs(
            units: Array(units[range]), slopes: Array(slopes[sequences]), likelihoods: Array(likelihoods[sequences]))
    }
}
