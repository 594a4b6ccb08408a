// The numbers of a training run. Defaults live in the recipe, not here.

public import Optimisers

/// How a run trains: everything but the model, the adapter, the optimiser and the data.
public struct TrainingConfiguration: Sendable, Equatable {
    public var seed: UInt64
    /// Examples in one optimiser step.
    public var batchSize: Int
    /// Token rows in one micro-batch, at most; a longer example stands alone.
    public var rowLimit: Int
    /// Blocks that keep only their inputs and are run again on the way back.
    public var recomputedBlocks: Int
    public var schedule: LearningRateSchedule
    /// The global norm to which gradients are clipped; nil: they are not.
    public var maximumGradientNorm: Double?
    /// Evaluate after every so many steps; nil: only at the end.
    public var evaluateEverySteps: Int?
    /// Save after every so many steps; nil: only at the end and when stopped.
    public var saveEverySteps: Int?
    /// Evaluations without improvement after which the run ends; nil: it never ends early.
    public var earlyStopping: EarlyStopping?
    /// Keep the numbers of the best evaluation beside the last ones.
    public var keepsBestValues: Bool
    /// A new order of examples each epoch; otherwise always the rows' own.
    public var shuffles: Bool
    /// How much of the mean of the steps stays with each; nil: what the last step led to is handed on, or what the optimiser has.
    public var averageDecay: Double?
    /// Noise on what tokens begin as, in training alone; 0: none.
    public var neftuneNoiseAlpha: Double

    public init(
        seed: UInt64, batchSize: Int, rowLimit: Int, recomputedBlocks: Int, schedule: LearningRateSchedule,
        maximumGradientNorm: Double?, evaluateEverySteps: Int? = nil,
        saveEverySteps: Int? = nil, earlyStopping: EarlyStopping? = nil,
        keepsBestValues: Bool = true, shuffles: Bool = true, averageDecay: Double? = nil,
        neftuneNoiseAlpha: Double = 0
    ) {
        self.seed = seed
        self.batchSize = batchSize
        self.rowLimit = rowLimit
        self.recomputedBlocks = recomputedBlocks
        self.schedule = schedule
        self.maximumGradientNorm = maximumGradientNorm
        self.evaluateEverySteps = evaluateEverySteps
        self.saveEverySteps = saveEverySteps
        self.earlyStopping = earlyStopping
        self.keepsBestValues = keepsBestValues
        self.shuffles = shuffles
        self.averageDecay = averageDecay
        self.neftuneNoiseAlpha = neftuneNoiseAlpha
    }

    public var totalSteps: Int { schedule.totalSteps }
}

/// When a run that no longer improves ends.
public struct EarlyStopping: Sendable, Equatable {
    /// Evaluations in a row that may pass without improvement.
    public var patience: Int
    /// How far a loss must fall below the best to count as an improvement.
    public var minimumImprovement: Double

    public init(patience: Int, minimumImprovement: Double = 0) {
        self.patience = patience
        self.minimumImprovement = minimumImprovement
    }
}
