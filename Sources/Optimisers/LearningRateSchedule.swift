// How the learning rate moves over a run: the values of Hugging Face's `get_*_schedule_with_warmup`.

import Foundation
public import Recipes

/// A learning-rate schedule over a known number of steps.
public struct LearningRateSchedule: Sendable, Equatable {
    /// What comes after the warm-up.
    public typealias Shape = ScheduleShape

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

    /// What is wrong with a warm-up that is as long as the run.
    public enum Fault: Sendable, Equatable {
        /// Every step's rate is zero.
        case nothingIsLearnt
        /// The highest rate stays below the peak.
        case peakIsNotReached(highest: Double)
    }

    /// nil for a schedule that reaches its peak.
    public var fault: Fault? {
        guard warmUpSteps > 0, warmUpSteps >= totalSteps else { return nil }
        let highest = rate(afterSteps: totalSteps - 1)
        return highest > 0 ? .peakIsNotReached(highest: highest) : .nothingIsLearnt
    }
}
