// Jung et al., "Binary Classifier Optimization for Large Language Model Alignment", 2024: for pairs, without a shift of rewards.

/// A classifier's loss whose logit is an answer's reward.
struct BCOLoss: SidedLoss {
    let beta: Double

    func chosen(_ logRatio: Double) -> Curve { Curve.negativeLogSigmoid(beta * logRatio).of(beta) }
    func rejected(_ logRatio: Double) -> Curve { Curve.negativeLogSigmoid(-beta * logRatio).of(-beta) }
}
