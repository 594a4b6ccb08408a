// Losses of answers that are rated one by one: good ones are to become likelier than the reference finds them, bad ones less likely.

/// A loss of an answer, by its log ratio.
struct RatedLoss: Sendable {
    let beta: Double
    /// Whether rewards are held against how far the model is from the reference in all (Ethayarajh et al., "KTO: Model Alignment as
    /// Prospect Theoretic Optimization", 2024, equation 7), and not against zero (APO's zero loss of unpaired answers).
    let isAnchoredAtKL: Bool
    /// What the loss of a good answer counts.
    let desirableWeight: Double
    let undesirableWeight: Double

    /// The loss of an answer and its slope by log π.
    /// - Parameter anchor: how far the model is from the reference.
    func curve(_ logRatio: Double, isDesirable: Bool, anchor: Double) -> Curve {
        let shifted = beta * (logRatio - (isAnchoredAtKL ? anchor : 0))
        return isDesirable
            ? desirableWeight * Curve.sigmoid(-shifted).of(-beta)
            : undesirableWeight * Curve.sigmoid(shifted).of(beta)
    }
}
