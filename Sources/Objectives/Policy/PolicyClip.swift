// How far an answer may move from what it was when it was written.

import Foundation

/// The clipped loss of proximal policy optimisation (Schulman et al., 2017), of a token or of a whole answer.
public struct PolicyClip: Sendable, Equatable {
    /// The ratio of probabilities stays above 1 − `low`, where the answer is to become less likely.
    public let low: Double
    /// It stays below 1 + `high`, where the answer is to become more likely.
    public let high: Double

    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// A loss, its slope by log p, and whether it is held where it is.
    struct Outcome {
        var loss: Double
        var slope: Double
        var isClipped: Bool
    }

    /// −min(ratio · advantage, clipped ratio · advantage).
    /// - Parameter logRatio: of p to what it was; 0 where the model is still the one that wrote.
    func outcome(logRatio: Double, advantage: Double) -> Outcome {
        let ratio = exp(logRatio)
        let clipped = min(max(ratio, 1 - low), 1 + high)
        let isClipped = (ratio < 1 - low && advantage < 0) || (ratio > 1 + high && advantage > 0)
        return Outcome(
            loss: -min(ratio * advantage, clipped * advantage), slope: isClipped ? 0 : -ratio * advantage,
            isClipped: isClipped)
    }
}
