// The answers of a batch of pairs: which of its targets are theirs, and what each token of them counts.

import Models

/// Two sequences a pair, one after the other, the better answer first.
struct BatchAnswers {
    /// How many tokens each has.
    let tokens: [Int]
    /// What each of the batch's targets counts in the log-probability of its answer, in their order; 0 in a prompt.
    private let factors: [Double]
    /// Targets before the first of each sequence, and of all.
    private let bounds: [Int]
    private let isPlainSum: Bool

    init(_ batch: TokenBatch, _ weighting: AnswerWeighting) {
        let targets = zip(batch.bounds, batch.bounds.dropFirst()).map { batch.targets[$0..<$1].count { $0 >= 0 } }
        let tokens = batch.answerCounts.isEmpty ? targets : batch.answerCounts
        self.tokens = tokens
        bounds = targets.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        isPlainSum = weighting == .sum && tokens == targets
        factors = targets.indices.flatMap { sequence -> [Double] in
            let own = tokens[sequence], other = targets.count % 2 == 0 ? tokens[sequence ^ 1] : own
            return Array(repeating: 0, count: targets[sequence] - own)
                + (0..<own).map { weighting.factor(at: $0, of: own, shared: min(own, other)) }
        }
    }

    /// What `losses` say of each answer.
    func scores(_ losses: TokenLosses) -> [Double] {
        if isPlainSum { return losses.sums.map { -$0 } }
        return zip(bounds, bounds.dropFirst()).map { first, end in
            (first..<end).reduce(0) { $0 - factors[$1] * Double(losses.values[$1]) }
        }
    }

    /// What each target's loss counts in the gradient.
    /// - Parameters:
    ///   - slopes: by the log-probability of each answer.
    ///   - likelihoods: what the loss of every target of a sequence counts beside that.
    func weights(slopes: [Double], likelihoods: [Double], scale: Float) -> [Float] {
        slopes.indices.flatMap { sequence in
            (bounds[sequence]..<bounds[sequence + 1]).map { target in
                Float((likelihoods[sequence] - slopes[sequence] * factors[target]) * Double(scale))
            }
        }
    }
}
