// What a log ratio counts as a reward: f-DPO's other divergences than the reverse KL (Wang et al., "Beyond Reverse KL: Generalizing Direct
// Preference Optimization with Diverse Divergence Constraints", 2023).

import Foundation
public import Recipes

/// f′(e^u) of the divergence f that holds the model to its reference, of a log ratio u.
public struct RatioScore: Sendable, Equatable {
    public let divergence: PreferenceDivergence
    /// α of the α-divergence.
    public let alpha: Double

    public init(_ divergence: PreferenceDivergence = .reverseKL, alpha: Double = 0.5) {
        self.divergence = divergence
        self.alpha = alpha
    }

    func curve(_ u: Double) -> Curve {
        switch divergence {
        case .reverseKL: return Curve(u, slope: 1)
        case .forwardKL: return Curve(1 - exp(-u), slope: exp(-u))
        case .jensenShannon:
            let softened = Curve.negativeLogSigmoid(u)
            return Curve(log(2) - softened.value, slope: -softened.slope)
        case .alpha:
            let order = alpha - 1
            // Near 1 it is the reverse KL.
            guard abs(order) >= 1e-6 else { return Curve(u, slope: 1) }
            let power = exp(min(order * u, Self.highestExponent))
            return Curve((power - 1) / order, slope: order * u > Self.highestExponent ? 0 : power)
        }
    }

    /// Where e^x is no longer let grow.
    private static let highestExponent = 80.0
}
