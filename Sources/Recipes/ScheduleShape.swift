// The schedules of the learning rate that a recipe can name, and what of `train.lr_scheduler_kwargs` each reads.

/// How the learning rate goes on after the warm-up, by the names of transformers' `lr_scheduler_type`.
public enum ScheduleShape: String, Sendable, CaseIterable {
    case constant
    /// The same, as transformers calls it where there is a warm-up.
    case constantWithWarmUp = "constant_with_warmup"
    /// Straight down to zero.
    case linear
    /// Half a cosine down to zero.
    case cosine
    /// Half a cosine down to zero, again and again from the peak.
    case cosineWithRestarts = "cosine_with_restarts"
    /// Half a cosine down to a floor.
    case cosineWithFloor = "cosine_with_min_lr"
    /// The same, one step ahead, with a warm-up that begins above zero.
    case cosineWarmUpWithFloor = "cosine_warmup_with_min_lr"
    /// A power of what is left of the run.
    case polynomial
    /// One over the root of the steps.
    case inverseRoot = "inverse_sqrt"
    /// At the peak for a while, then down.
    case warmUpStableDecay = "warmup_stable_decay"
    /// Lower whenever the held-out loss no longer falls, as torch's `ReduceLROnPlateau` has it.
    case plateau = "reduce_lr_on_plateau"

    /// Keys of `train.lr_scheduler_kwargs` that the schedule reads.
    private var keys: [String] {
        switch self {
        case .constant, .constantWithWarmUp, .linear: []
        case .cosine, .cosineWithRestarts: ["num_cycles"]
        case .cosineWithFloor: ["num_cycles", "min_lr", "min_lr_rate"]
        case .cosineWarmUpWithFloor: ["num_cycles", "min_lr", "min_lr_rate", "warmup_lr_rate"]
        case .polynomial: ["lr_end", "power"]
        case .inverseRoot: ["timescale"]
        case .warmUpStableDecay:
            ["num_decay_steps", "num_stable_steps", "warmup_type", "decay_type", "min_lr_ratio", "num_cycles"]
        case .plateau: ["factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps"]
        }
    }

    /// Whether the schedule reads `key` of `train.lr_scheduler_kwargs`.
    func reads(_ key: String) -> Bool { keys.contains(key) }

    /// Whether the rate follows the held-out loss.
    public var followsHeldOutLoss: Bool { self == .plateau }
}

/// What forms a schedule beside its peak, its warm-up and the steps of the run, by the names of transformers' functions and of torch's
/// `ReduceLROnPlateau`.
public struct ScheduleSection: Sendable, Equatable {
    /// `nil`: half a wave, or one way down from the peak where the schedule restarts.
    public var numCycles: Double?
    /// The lowest rate; `nil`: none, where a schedule can do without.
    public var minLR: Double?
    /// The same as a share of the highest.
    public var minLRRate: Double?
    /// The share of the highest rate with which the warm-up begins; `nil`: one over its steps.
    public var warmupLRRate: Double?
    public var lrEnd = 1e-7
    public var power = 1.0
    /// `nil`: the steps of the warm-up, 10 000 without one.
    public var timescale: Int?
    public var numDecaySteps: Int?
    /// `nil`: what warm-up and decay leave of the run.
    public var numStableSteps: Int?
    public var warmupType = RampKind.linear
    public var decayType = RampKind.cosine
    public var minLRRatio = 0.0
    public var factor = 0.1
    public var patience = 10
    public var threshold = 1e-4
    public var thresholdMode = ThresholdMode.relative
    public var cooldown = 0
    public var eps = 1e-8

    public init() {}
}

/// The way up or down of a schedule of three parts.
public enum RampKind: String, Sendable, CaseIterable {
    case linear, cosine
    case root = "1-sqrt"
}

/// By how much a loss must fall below the best to be better.
public enum ThresholdMode: String, Sendable, CaseIterable {
    /// A share of the best.
    case relative = "rel"
    case absolute = "abs"
}
