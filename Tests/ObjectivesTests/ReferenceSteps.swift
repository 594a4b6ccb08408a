// Steps of AdamW as PyTorch takes them for the goldens: a constant rate, no decay, all rows in each step.

import Datasets
import Objectives
import Optimisers
import Recipes
import Tensors
import Training

/// The loss of each of `count` steps over all of `examples`.
///
/// - Parameters:
///   - slab: what is trained.
///   - rowLimit: how many token rows go through the model at once.
func lossesOfSteps(
    _ count: Int, of learner: Learner, _ slab: ParameterSlab, on examples: [TokenizedExample], rate: Double,
    rowLimit: Int
) throws -> [Double] {
    let trainer = try Trainer(
        model: learner,
        optimiser: Optimiser(TrainSection(), slab: slab, groups: [ParameterGroup(slab.slots, weightDecay: 0)]),
        examples: examples,
        configuration: TrainingConfiguration(
            seed: 1, batchSize: examples.count, rowLimit: rowLimit, recomputedBlocks: 0,
            schedule: LearningRateSchedule(.constant, peak: rate, totalSteps: count), maximumGradientNorm: nil,
            saveEverySteps: 1),
        identity: TrainingSnapshot.Identity(fingerprint: "f", recipe: "", adapterConfiguration: "{}"),
        workspace: Workspace())
    _ = try trainer.run(TrainingHooks())
    return trainer.history.map(\.loss)
}
