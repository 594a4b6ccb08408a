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
        func mean(_ answer: ScoredAnswer) -> Double {
            weighting == .mean ? answer.policy : answer.policy / Double(max(answer.tokens, 1))
        }
        func sum(_ answer: ScoredAnswer) -> Double {
            weighting == .mean ? answer.policy * Double(answer.tokens) : answer.policy
        }
        preferred = Self.share(sum(pair.chosen) - sum(pair.rejected))
        let apart = mean(pair.chosen) - mean(pair.rejected)
        preferredPerToken = Self.share(apart)
        longerPreferred = Self.share(apart * Double(pair.chosen.tokens - pair.rejected.tokens))
    }

    /// What a difference, of the answers of a pair or of a reward from 0, counts in a share of those above 0: half where there is none, so
    /// that a model that tells nothing apart has a half.
    static func share(_ difference: Double) -> Double { difference == 0 ? 0.5 : difference > 0 ? 1 : 0 }

    var told: [(String, Double)] {
        [
            ("prefers_chosen", preferred), ("prefers_by_mean", preferredPerToken),
            ("prefers_longer", longerPreferred),
        ]
    }
}
