// D'Oosterlinck et al., "Anchored Preference Optimization and Contrastive Revisions: Addressing Underspecification in Alignment", 2024,
// equations 7 and 8.

/// Anchored at zero: chosen answers become likelier than the reference finds them, rejected ones less likely.
struct APOZeroLoss: SidedLoss {
    let beta: Double

    func chosen(_ logRatio: Double) -> Curve { Curve.sigmoid(-beta * logRatio).of(-beta) }
    func rejected(_ logRatio: Double) -> Curve { Curve.sigmoid(beta * logRatio).of(beta) }
}

/// Anchored downwards: both become less likely, rejected answers more so.
struct APODownLoss: SinglePairLoss {
    let beta: Double

    func loss(of pair: AnswerPair) -> PairLoss {
        let lowered = Curve.sigmoid(beta * pair.chosen.logRatio).of(beta)
        let apart = Curve.sigmoid(-beta * (pair.chosen.logRatio - pair.rejected.logRatio)).of(-beta)
        return PairLoss(
            loss: lowered.value + apart.value, chosenSlope: lowered.slope + apart.slope, rejectedSlope: -apart.slope)
    }
}
