// A short training of an adapter that only judges rows: nothing of it is kept.

public import Datasets
public import Objectives
public import Optimisers
public import Recipes
public import Tensors
internal import Training

/// Trains an adapter on some of the rows, by AdamW whatever the recipe's optimiser is: only its moments say in which direction a further
/// row would lead.
public struct BriefTraining {
    private let learner: Learner
    private let train: TrainSection
    private let seed: UInt64
    private let rowLimit: Int
    private let recomputedBlocks: Int
    private let workspace: Workspace

    /// - Parameters:
    ///   - rowLimit: token rows in one micro-batch, at most.
    ///   - recomputedBlocks: as a training step has them.
    public init(
        _ learner: Learner, _ train: TrainSection, seed: UInt64, rowLimit: Int, recomputedBlocks: Int,
        workspace: Workspace
    ) {
        self.learner = learner
        var train = train
        train.optimizer = .adamw
        self.train = train
        self.seed = seed
        self.rowLimit = rowLimit
        self.recomputedBlocks = recomputedBlocks
        self.workspace = workspace
    }

    /// Trains the numbers of `slab`, that of the adapter on the model, on `examples`; what Adam keeps at the end.
    ///
    /// - Parameters:
    ///   - schedule: of the steps.
    ///   - onStep: told how many steps are done; what it throws ends the training.
    public func run(
        _ slab: ParameterSlab, on examples: any ExampleSource, _ schedule: LearningRateSchedule,
        onStep: (Int) throws -> Void
    ) throws -> AdamDirection {
        let optimiser = Optimiser(
            train, slab: slab, groups: [ParameterGroup(slab.slots, weightDecay: train.weightDecay)])
        let configuration = TrainingConfiguration(
            seed: seed, batchSize: train.batchSize, rowLimit: rowLimit, recomputedBlocks: recomputedBlocks,
            schedule: schedule, maximumGradientNorm: train.maxGradNorm > 0 ? train.maxGradNorm : nil,
            keepsBestValues: false)
        let trainer = try Trainer(
            model: learner, optimiser: optimiser, examples: examples, configuration: configuration,
            identity: TrainingSnapshot.Identity(fingerprint: "", recipe: "", adapterConfiguration: ""),
            workspace: workspace)
        while !trainer.isDone {
            try trainer.trainStep()
            try onStep(trainer.step)
        }
        return AdamDirection(optimiser, steps: trainer.step, train)
    }
}
