// The loss of one choice among classes, with its slopes: cross entropy, weighted by class, and less where the choice is sure already
// (Lin et al., "Focal Loss for Dense Object Detection", 2017):
//
//     L = −w · (1 − p)^γ · log p,      ∂L/∂zⱼ = w · (γ · (1 − p)^(γ−1) · p · log p − (1 − p)^γ) · (δⱼ − pⱼ)

import Foundation

/// What a choice among classes costs.
public struct ClassLoss: Sendable {
    /// Whether all classes count the same together, by their shares.
    public let isBalanced: Bool
    /// γ.
    public let gamma: Double

    public init(isBalanced: Bool = false, gamma: Double = 0) {
        self.isBalanced = isBalanced
        self.gamma = gamma
    }

    /// What the loss of a class counts: 1 / (classes · its share), so that the mean over rows of these shares is 1.
    func weight(of place: Int, shares: [Float]) -> Double {
        guard isBalanced, shares.indices.contains(place), shares[place] > 0 else { return 1 }
        return 1 / (Double(shares.count) * Double(shares[place]))
    }

    /// The loss where the class `wanted` is right.
    /// - Parameters:
    ///   - answers: a logit for each class.
    ///   - slopes: filled in with `scale` · ∂loss/∂answers.
    /// - Precondition: `wanted` is the place of one of the answers.
    func loss(
        _ answers: UnsafeBufferPointer<Float>, wanted: Int, weight: Double,
        slopes: UnsafeMutableBufferPointer<Float>?, scale: Double
    ) -> Double {
        // A buffer does not look itself, and what stands behind it is no answer.
        precondition(answers.indices.contains(wanted), "the head has no class \(wanted)")
        let largest = Double(answers.max() ?? 0)
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: answers.count) { exponentials in
            var sum = 0.0
            for place in answers.indices {
                let value = exp(Double(answers[place]) - largest)
                exponentials.initializeElement(at: place, to: value)
                sum += value
            }
            let logP = Double(answers[wanted]) - largest - log(sum), p = exp(logP)
            let focus = gamma == 0 ? 1 : pow(1 - p, gamma)
            if let slopes {
                let bend = gamma == 0 || p == 1 ? 0 : gamma * pow(1 - p, gamma - 1) * p * logP
                let factor = scale * weight * (bend - focus)
                for place in answers.indices {
                    slopes[place] = Float(factor * ((place == wanted ? 1 : 0) - exponentials[place] / sum))
                }
            }
            return -weight * focus * logP
        }
    }

    /// The loss of one class that is right or not by itself: the same of two choices, of which the other's logit is 0.
    /// - Returns: the loss and ∂loss/∂answer.
    public func loss(_ answer: Double, isWanted: Bool) -> (loss: Double, slope: Double) {
        let sign: Double = isWanted ? 1 : -1
        let z = sign * answer
        // log σ(z), without an overflow.
        let logP = min(z, 0) - log1p(exp(-abs(z))), p = exp(logP)
        let focus = gamma == 0 ? 1 : pow(1 - p, gamma)
        let bend = gamma == 0 || p == 1 ? 0 : gamma * pow(1 - p, gamma - 1) * p * logP
        return (-focus * logP, sign * (bend - focus) * (1 - p))
    }
}
