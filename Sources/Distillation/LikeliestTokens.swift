// A distribution in its likeliest tokens, and what all others come to.

/// What is kept of one distribution: exact, over so many outcomes and one more.
struct LikeliestTokens: Equatable {
    var logSumExp: Float
    /// log p of all other tokens together; −∞ where there are none.
    var rest: Float
    /// The likeliest first; none where all tokens are kept, by their number.
    var ids: [Int32]
    var logProbabilities: [Float]

    init(_ row: LogitRow, k: Int, vocabulary: Int) {
        logSumExp = Float(row.logSumExp)
        guard k < vocabulary else {
            (rest, ids, logProbabilities) = (-.infinity, [], row.logProbabilities())
            return
        }
        let found = row.likeliest(k)
        rest = Float(found.rest)
        ids = found.tokens.map { Int32($0.id) }
        logProbabilities = found.tokens.map { Float($0.logProbability) }
    }
}
