// Wu et al., "Self-Play Preference Optimization for Language Model Alignment", 2024, equation 4.7, with the chosen answer sure to win.

/// Squared distances of log ratios from ±1 / 2β.
struct SPPOLoss: SidedLoss {
    let beta: Double

    func chosen(_ logRatio: Double) -> Curve { Curve.square(logRatio - 0.5 / beta) }
    func rejected(_ logRatio: Double) -> Curve { Curve.square(logRatio + 0.5 / beta) }
}
