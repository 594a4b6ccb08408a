// What the loop trains: anything that adds the gradient of a batch into the slab's gradients.

public import Models
public import Objectives
public import Tensors

/// A model and what it learns, as the loop sees them. A protocol, so that tests can stand in.
public protocol GradientSource {
    var objective: any Objective { get }
    /// Adds ∂(Σ loss · `gradientScale`) into the gradients of the adapters; returns what was counted, unit by unit.
    func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recomputedBlocks: Int, workspace: Workspace, dropout: DropoutKey
    ) throws -> LossSums
}

extension Learner: GradientSource {}
