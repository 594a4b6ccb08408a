// Chen et al., "Noise Contrastive Alignment of Language Models with Explicit Rewards", 2024: NCA for pairs.

/// Holds the likelihood of the chosen answer up, beside telling it from the rejected one.
struct NCALoss: SidedLoss {
    let beta: Double

    func chosen(_ logRatio: Double) -> Curve {
        Curve.negativeLogSigmoid(beta * logRatio).of(beta) + rejected(logRatio)
    }

    func rejected(_ logRatio: Double) -> Curve { 0.5 * Curve.negativeLogSigmoid(-beta * logRatio).of(-beta) }
}
