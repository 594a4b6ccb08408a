// Zhao et al., "SLiC-HF: Sequence Likelihood Calibration with Human Feedback", 2023.

/// max(0, 1 − β · margin).
struct HingeLoss: MarginLoss {
    let beta: Double
    var score = RatioScore()

    func curve(_ margin: Double) -> Curve { Curve.rectified(1 - beta * margin).of(-beta) }
}
