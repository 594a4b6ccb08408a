// What methods of adapting are told beside rank, scale and targets. The names are those of PEFT's configurations.

/// The settings of all methods; each reads its own. A default stands here and nowhere else.
public struct AdapterMethodSettings: Sendable, Equatable {
    /// IA3's `feedforward_modules`: ends of the paths of modules whose inputs are scaled; nil: those that PEFT's families have.
    public var feedforwardModules: [String]?
    /// VeRA's `projection_prng_key`: the seed of the matrices that all layers share.
    public var projectionKey = 0
    /// VeRA's `d_initial`.
    public var initialD = 0.1
    /// LoKr's `decompose_factor`; -1: the two sides are as near to each other in size as can be.
    public var decomposeFactor = -1
    /// LoKr's `decompose_both`.
    public var decomposesBoth = false
    /// AdaLoRA's ranks; the first is that of the factors.
    public var budget = RankBudget()

    public init() {}
}

/// How AdaLoRA spends its ranks over the steps of a training.
public struct RankBudget: Sendable, Equatable {
    /// `init_r`: the rank that every layer begins with.
    public var initialRank = 12
    /// `target_r`: the rank that is left of it, on average over the layers.
    public var targetRank = 8
    /// `tinit`: steps before the first rank is given up.
    public var firstSteps = 0
    /// `tfinal`: steps at the end in which none is.
    public var lastSteps = 0
    /// `deltaT`: steps from one cut to the next.
    public var interval = 1
    /// `beta1`: what stays of the mean sensitivity at a step.
    public var sensitivityDecay = 0.85
    /// `beta2`: what stays of its mean uncertainty.
    public var uncertaintyDecay = 0.85
    /// `orth_reg_weight`: how much it counts that A and B are not orthogonal.
    public var orthogonality = 0.5
    /// `total_step`: the steps of the training; 0: not known yet.
    public var totalSteps = 0

    public init() {}
}
