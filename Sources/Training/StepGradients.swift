// The gradients of one step: its batches one after the other, each by itself or, where the objective sees whole steps, all of them read
// before the first goes back.

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
        if model.objective is any StepObjective, batches.count > 1 { return try together(batches, failing: failing) }
        var sums = LossSums()
        try each(batches, failing) { _, part in
            sums.append(
                try model.accumulateGradients(
                    part.batch, gradientScale: gradientScale, recomputedBlocks: recomputedBlocks,
                    workspace: workspace, dropout: part.dropout))
        }
        return sums
    }

    private func together(_ batches: [StepBatch], failing: (Int, ModelError) -> any Error) throws -> LossSums {
        var vectors: TextVectors?
        try each(batches, failing) { try model.read($1, into: &vectors, workspace: workspace) }
        guard let vectors else { return LossSums() }
        let reading = model.reading(vectors, of: batches, gradientScale: gradientScale)
        try each(batches, failing) { number, _ in
            try model.goBack(
                batches, number, from: reading, recomputedBlocks: recomputedBlocks, workspace: workspace)
        }
        return reading.losses.sums
    }

    private func each(
        _ batches: [StepBatch], _ failing: (Int, ModelError) -> any Error, _ body: (Int, StepBatch) throws -> Void
    ) throws {
        for (number, part) in batches.enumerated() {
            do { try body(number, part) } catch let error as ModelError { throw failing(number, error) }
        }
    }
}
