// Hong et al., "ORPO: Monolithic Preference Optimization without Reference Model", 2024, equations 4 and 7.

import Foundation

/// −β · log σ of how the odds of the chosen answer exceed those of the rejected one, as a logarithm. What the model says of an answer
/// is the mean over its tokens, below 0.
struct OddsRatioLoss: SinglePairLoss {
    let beta: Double

    func loss(of pair: AnswerPair) -> PairLoss {
        let chosen = logOdds(pair.chosen.policy), rejected = logOdds(pair.rejected.policy)
        let curve = beta * Curve.negativeLogSigmoid(chosen.value - rejected.value)
        return PairLoss(
            loss: curve.value, chosenSlope: curve.slope * chosen.slope, rejectedSlope: -curve.slope * rejected.slope)
    }

    /// log (p / (1 − p)) of log p; of a certain answer, whose odds have no end, those of one that is nearly so.
    private func logOdds(_ x: Double) -> Curve {
        let rest = max(-expm1(x), Self.least)
        return Curve(x - log(rest), slope: rest > Self.least ? 1 / rest : 1)
    }

    /// What 1 − p is taken for, at least.
    private static let least = 1e-12
}
