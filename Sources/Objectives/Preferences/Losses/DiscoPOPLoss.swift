// Lu et al., "Discovering Preference Optimization Algorithms with and for Large Language Models", 2024, equation 5.

import Foundation

/// The sigmoid loss where margins are low, e^(−β · margin) where they are high.
struct DiscoPOPLoss: MarginLoss {
    let beta: Double
    var score = RatioScore()
    /// Over how wide a range of margins the one becomes the other.
    let tau: Double

    func curve(_ margin: Double) -> Curve {
        let x = beta * margin, share = Curve.sigmoid(x / tau).of(1 / tau)
        let logistic = Curve.negativeLogSigmoid(x), exponential = Curve(exp(-x), slope: -exp(-x))
        return (logistic * (Curve(1, slope: 0) - share) + exponential * share).of(beta)
    }
}
