// Azar et al., "A General Theoretical Paradigm to Understand Learning from Human Preferences", 2023, equation 17.

/// (margin − 1 / 2β)².
struct IPOLoss: MarginLoss {
    let beta: Double
    var score = RatioScore()
    /// Of scores for each token, so that long answers count no more than short ones.
    var isPerToken = true

    func curve(_ margin: Double) -> Curve { Curve.square(margin - 1 / (2 * beta)) }
}
