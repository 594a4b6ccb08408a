// How the learning rate moves over a run: the values of transformers' `get_scheduler`. Shapes stand in files beside this one.

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
    let settings: ScheduleSection
    /// Whether the warm-up's first step has a rate above zero, and its last one the peak: as in rules that need no schedule.
    let risesAtOnce: Bool

    /// - Parameter settings: of those, what the shape reads.
    public init(
        _ shape: Shape, peak: Double, totalSteps: Int, warmUp: WarmUp = .steps(0),
        settings: ScheduleSection = ScheduleSection(), risesAtOnce: Bool = false
    ) {
        self.risesAtOnce = risesAtOnce
        self.shape = shape
        self.peak = peak
        self.totalSteps = totalSteps
        self.settings = settings
        switch warmUp {
        case .steps(let steps): warmUpSteps = steps
        case .ratio(let ratio): warmUpSteps = Int((Double(totalSteps) * ratio).rounded(.up))
        }
    }

    /// The rate of the step that comes after `completedSteps` steps. With a warm-up the first step's rate is zero, as there, but where
    /// a floor lifts it.
    ///
    /// - Parameter heldOutLosses: of the evaluations until then, for a schedule that follows them.
    public func rate(afterSteps completedSteps: Int, heldOutLosses: [Double] = []) -> Double {
        if completedSteps < warmUpSteps { return peak * warmUpFactor(completedSteps) }
        switch shape {
        case .constant, .constantWithWarmUp: return peak
        case .linear: return peak * max(0, Double(totalSteps - completedSteps) / decaySteps)
        case .cosine: return peak * max(0, wave(progress(completedSteps), cycles: settings.numCycles ?? 0.5))
        case .cosineWithRestarts: return peak * restarted(progress(completedSteps))
        case .cosineWithFloor: return peak * max(0, above(floor, wave(progress(completedSteps), cycles: cycles)))
        case .cosineWarmUpWithFloor:
            let ahead = Double(completedSteps - warmUpSteps + 1) / decaySteps
            return peak * max(0, above(floor, wave(ahead, cycles: cycles)))
        case .polynomial: return polynomial(completedSteps)
        case .inverseRoot: return peak * inverseRoot(completedSteps)
        case .warmUpStableDecay: return peak * stableOrFalling(completedSteps)
        case .plateau: return settings.reduced(peak, after: heldOutLosses)
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
        if highest >= peak { return nil }
        return highest > 0 ? .peakIsNotReached(highest: highest) : .nothingIsLearnt
    }

    /// In what a schedule of three parts is not the run.
    public enum PartsFault: Sendable, Equatable {
        /// The fall is longer than what the warm-up leaves: it begins below the peak, `highest` at most.
        case fallHasNoRoom(highest: Double)
        /// The run ends at that rate, before all of its parts are done.
        case endsBefore(parts: Int, last: Double)
        /// The last steps stay where the fall led.
        case goesOn(parts: Int, last: Double)
    }

    /// nil for a schedule that has no such parts, or whose parts are as long as the run.
    public var partsFault: PartsFault? {
        guard shape == .warmUpStableDecay, warmUpSteps < totalSteps else { return nil }
        let falling = settings.numDecaySteps ?? 0, parts = warmUpSteps + stableSteps + falling
        if stableSteps < 0 { return .fallHasNoRoom(highest: rate(afterSteps: warmUpSteps)) }
        if parts == totalSteps { return nil }
        let last = rate(afterSteps: totalSteps - 1)
        return parts > totalSteps ? .endsBefore(parts: parts, last: last) : .goesOn(parts: parts, last: last)
    }

    // MARK: Shapes

    /// Steps at the peak; below 0 where the fall has no room.
    private var stableSteps: Int {
        settings.numStableSteps ?? (totalSteps - warmUpSteps - (settings.numDecaySteps ?? 0))
    }

    /// Steps after the warm-up, at least 1.
    private var decaySteps: Double { Double(max(1, totalSteps - warmUpSteps)) }

    private func progress(_ completedSteps: Int) -> Double { Double(completedSteps - warmUpSteps) / decaySteps }

    /// Waves of a cosine with a floor.
    private var cycles: Double { settings.numCycles ?? 0.5 }

    /// The lowest rate as a share of the peak.
    private var floor: Double { settings.minLR.map { $0 / peak } ?? settings.minLRRate ?? 0 }

    private func warmUpFactor(_ completedSteps: Int) -> Double {
        let progress = Double(completedSteps + (risesAtOnce ? 1 : 0)) / Double(max(1, warmUpSteps))
        switch shape {
        case .cosineWarmUpWithFloor:
            guard let first = settings.warmupLRRate else {
                return (Double(completedSteps) + 1) / Double(max(1, warmUpSteps))
            }
            return first + (1 - first) * Double(completedSteps) / Double(max(1, warmUpSteps - 1))
        case .warmUpStableDecay: return max(0, above(settings.minLRRatio, settings.warmupType.rise(progress)))
        default: return progress
        }
    }

    private func restarted(_ progress: Double) -> Double {
        if progress >= 1 { return 0 }
        let place = ((settings.numCycles ?? 1) * progress).truncatingRemainder(dividingBy: 1)
        return max(0, 0.5 * (1 + cos(Double.pi * place)))
    }

    private func polynomial(_ completedSteps: Int) -> Double {
        if completedSteps > totalSteps { return settings.lrEnd }
        let left = 1 - progress(completedSteps)
        return (peak - settings.lrEnd) * pow(left, settings.power) + settings.lrEnd
    }

    private func inverseRoot(_ completedSteps: Int) -> Double {
        let scale = settings.timescale ?? (warmUpSteps > 0 ? warmUpSteps : 10_000)
        return 1 / (Double(completedSteps + scale - warmUpSteps) / Double(scale)).squareRoot()
    }

    private func stableOrFalling(_ completedSteps: Int) -> Double {
        let falling = settings.numDecaySteps ?? 0, stable = stableSteps
        if completedSteps < warmUpSteps + stable { return 1 }
        guard completedSteps < warmUpSteps + stable + falling else { return settings.minLRRatio }
        let progress = Double(completedSteps - warmUpSteps - stable) / Double(max(1, falling))
        return max(0, above(settings.minLRRatio, settings.decayType.fall(progress, cycles: cycles)))
    }
}

/// A cosine from 1 down, `cycles` of it.
private func wave(_ progress: Double, cycles: Double) -> Double { 0.5 * (1 + cos(Double.pi * cycles * 2 * progress)) }

/// A factor from 0 to 1 moved into what is above `floor`.
private func above(_ floor: Double, _ factor: Double) -> Double { factor * (1 - floor) + floor }

extension RampKind {
    fileprivate func rise(_ progress: Double) -> Double {
        switch self {
        case .linear: progress
        case .cosine: 0.5 * (1 - cos(Double.pi * progress))
        case .root: 1 - (1 - progress).squareRoot()
        }
    }

    fileprivate func fall(_ progress: Double, cycles: Double) -> Double {
        switch self {
        case .linear: 1 - progress
        case .cosine: wave(progress, cycles: cycles)
        case .root: 1 - progress.squareRoot()
        }
    }
}
