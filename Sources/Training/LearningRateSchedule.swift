// How the learning rate moves over a run: the values of Hugging Face's `get_*_schedule_with_warmup`.

import Foundation

/// A learning-rate schedule over a known number of steps.
public struct LearningRateSchedule: Sendable, Equatable {
    /// What comes after the warm-up.
    public enum Shape: String, Sendable, CaseIterable {
        case constant
        /// Straight down to zero.
        case linear
        /// Half a cosine down to zero.
        case cosine
    }

    /// How long the rate climbs from zero.
    public enum WarmUp: Sendable, Equatable {
        case steps(Int)
        /// A share of all steps, rounded up.
        case ratio(Double)
    }

    public let shape: Shape
    public let warmUpSteps: Int
    public let totalSteps: Int
    public let peak: Double

    public init(_ shape: Shape, peak: Double, totalSteps: Int, warmUp: WarmUp = .steps(0)) {
        self.shape = shape
        self.peak = peak
        self.totalSteps = totalSteps
        switch warmUp {
        case .steps(let steps): warmUpSteps = steps
        case .ratio(let ratio): warmUpSteps = Int((Double(totalSteps) * ratio).rounded(.up))
        }
    }

    /// The rate of the step that comes after `completedSteps` steps. With a warm-up the first step's rate is zero, as there.
    public func rate(afterSteps completedSteps: Int) -> Double {
        if completedSteps < warmUpSteps { return peak * (Double(completedSteps) / Double(max(1, warmUpSteps))) }
        let decaySteps = Double(max(1, totalSteps - warmUpSteps))
        switch shape {
        case .constant: return peak
        case .linear: return peak * max(0, Double(totalSteps - completedSteps) / decaySteps)
        case .cosine:
            let progress = Double(completedSteps - warmUpSteps) / decaySteps
            return peak * max(0, 0.5 * (1 + cos(Double.pi * 0.5 * 2 * progress)))
        }
    }
}
