// Which of two answers a model prefers, whatever it is held against: so that a base and its adapter are measured alike.

/// What a model's own likelihoods say of a pair. Equal ones count half.
struct PairJudgement {
    /// Whether the chosen answer is the more likely one.
    let preferred: Double
    /// The same of the means over their tokens, which do not fall with an answer's length.
    let preferredPerToken: Double
    /// Whether the longer answer has the higher mean; answers of one length count half.
    let longerPreferred: Double

    init(_ pair: AnswerPair, _ weighting: AnswerWeighting) {
        func sign(_ difference: Double) -> Double { difference == 0 ? 0.5 : difference > 0 ? 1 : 0 }
        func mean(_ answer: ScoredAnswer) -> Double {
            weighting == .mean ? answer.policy : answer.policy / Double(max(answer.tokens, 1))
        }
        func sum(_ answer: ScoredAnswer) -> Double {
            weighting == .mean ? answer.policy * Double(answer.tokens) : answer.policy
        }
        preferred = sign(sum(pair.chosen) - sum(pair.rejected))
        let apart = mean(pair.chosen) - mean(pair.rejected)
        preferredPerToken = sign(apart)
        longerPreferred = sign(apart * Double(pair.chosen.tokens - pair.rejected.tokens))
    }

    var told: [(String, Double)] {
        [
            ("prefers_chosen", preferred), ("prefers_by_mean", preferredPerToken),
            ("prefers_longer", longerPreferred),
        ]
    }
}
