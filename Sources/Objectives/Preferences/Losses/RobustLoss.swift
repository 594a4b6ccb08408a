// Chowdhury et al., "Provably Robust DPO: Aligning Language Models with Noisy Feedback", 2024.

/// What the sigmoid loss would be of right labels, where each is wrong with probability ε.
struct RobustLoss: MarginLoss {
    let beta: Double
    var score = RatioScore()
    /// ε, below ½.
    let smoothing: Double

    func curve(_ margin: Double) -> Curve {
        let clean = (1 - smoothing) * Curve.negativeLogSigmoid(beta * margin).of(beta)
        let flipped = smoothing * Curve.negativeLogSigmoid(-beta * margin).of(-beta)
        return (1 / (1 - 2 * smoothing)) * (clean - flipped)
    }
}
