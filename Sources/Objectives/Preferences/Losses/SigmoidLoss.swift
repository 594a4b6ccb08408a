// Rafailov et al., "Direct Preference Optimization: Your Language Model is Secretly a Reward Model", 2023, equation 7; with softened
// labels that of CPO and SimPO.

/// −log σ(β · (margin − target)); of softened labels, with ε of the loss of the opposite.
struct SigmoidLoss: MarginLoss {
    let beta: Double
    var score = RatioScore()
    /// Of scores for each token: TRL's sigmoid_norm.
    var isPerToken = false
    /// ε.
    var smoothing = 0.0
    /// By how much a margin is to exceed 0: SimPO's γ / β.
    var target = 0.0

    func curve(_ margin: Double) -> Curve {
        let wanted = Curve.negativeLogSigmoid(beta * (margin - target)).of(beta)
        guard smoothing > 0 else { return wanted }
        return (1 - smoothing) * wanted + smoothing * Curve.negativeLogSigmoid(-beta * (margin - target)).of(-beta)
    }
}
