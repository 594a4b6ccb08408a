// What the loop trains: anything that adds the gradient of a batch into the slab's gradients.

public import Models
public import Objectives
public import Tensors

/// A model and what it learns, as the loop sees them. A protocol, so that tests can stand in.
public protocol GradientSource {
    var objective: any Objective { get }
    /// Rows that passes have before each sequence, beside those of its tokens.
    var rowsAhead: Int { get }
    /// Adds ∂(Σ loss · `gradientScale`) into the gradients of the adapters; returns what was counted, unit by unit.
    func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recomputedBlocks: Int, workspace: Workspace, dropout: DropoutKey
    ) throws -> LossSums
    /// The same of a step whose losses are of all its batches together.
    /// - Parameter failing: what is thrown for a loss of a batch that is not finite, by the number of the batch.
    func accumulateTogether(
        _ batches: [StepBatch], gradientScale: Float, recomputedBlocks: Int, workspace: Workspace,
        failing: (Int, ModelError) -> any Error
    ) throws -> LossSums
}

extension GradientSource {
    public var rowsAhead: Int { 0 }

    public func accumulateTogether(
        _ batches: [StepBatch], gradientScale: Float, recomputedBlocks: Int, workspace: Workspace,
        failing: (Int, ModelError) -> any Error
    ) throws -> LossSums {
        preconditionFailure("each batch stands by itself")
    }
}

extension Learner: GradientSource {
    public var rowsAhead: Int { model.rowsAhead }
}
