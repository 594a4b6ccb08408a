// Ji et al., "Towards Efficient Exact Optimization of Language Model Alignment", 2024, equation 16: EXO for pairs.

import Foundation

/// The reverse KL from which answer the model prefers to labels that are wrong with probability ε.
struct ExactPairLoss: MarginLoss {
    let beta: Double
    var score = RatioScore()
    /// ε, above 0.
    let smoothing: Double

    func curve(_ margin: Double) -> Curve {
        side(beta * margin, target: log1p(-smoothing)).of(beta)
            + side(-beta * margin, target: log(smoothing)).of(-beta)
    }

    /// σ(x) · (log σ(x) − target).
    private func side(_ x: Double, target: Double) -> Curve {
        Curve.sigmoid(x) * (-1 * Curve.negativeLogSigmoid(x) - Curve(target, slope: 0))
    }
}
