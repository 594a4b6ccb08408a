// The gradients of one step: its batches one after the other, each by itself or, where the objective sees whole steps, all together.

internal import Models
internal import Objectives
internal import Tensors

/// Takes the batches of a step forward and back.
struct StepGradients {
    let model: any GradientSource
    let gradientScale: Float
    let recomputedBlocks: Int
    let workspace: Workspace

    /// Adds the gradients of all batches; returns what was counted, unit by unit.
    /// - Parameter failing: what is thrown for a loss of a batch that is not finite, by the number of the batch.
    func accumulate(_ batches: [StepBatch], failing: (Int, ModelError) -> any Error) throws -> LossSums {
        // A step that is one batch is whole as it is.
        if model.objective is any StepObjective, batches.count > 1 {
            return try model.accumulateTogether(
                batches, gradientScale: gradientScale, recomputedBlocks: recomputedBlocks, workspace: workspace,
                failing: failing)
        }
        var sums = LossSums()
        try batches.each(failing) { _, part in
            sums.append(
                try model.accumulateGradients(
                    part.batch, gradientScale: gradientScale, recomputedBlocks: recomputedBlocks,
                    workspace: workspace, dropout: part.dropout))
        }
        return sums
    }
}
