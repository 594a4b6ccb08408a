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
    /// Reads a batch of a step whose losses are of all its batches together.
    func read(_ part: StepBatch, into vectors: inout TextVectors?, workspace: Workspace) throws
    /// What the batches of a step come to together.
    func reading(_ vectors: TextVectors, of batches: [StepBatch], gradientScale: Float) -> StepReading
    /// Adds what follows for one of them into the gradients of the adapters.
    func goBack(
        _ batches: [StepBatch], _ number: Int, from reading: StepReading, recomputedBlocks: Int, workspace: Workspace
    ) throws
}

extension GradientSource {
    public func read(_ part: StepBatch, into vectors: inout TextVectors?, workspace: Workspace) throws {
        preconditionFailure("each batch stands by itself")
    }

    public func reading(_ vectors: TextVectors, of batches: [StepBatch], gradientScale: Float) -> StepReading {
        preconditionFailure("each batch stands by itself")
    }

    public func goBack(
        _ batches: [StepBatch], _ number: Int, from reading: StepReading, recomputedBlocks: Int, workspace: Workspace
    ) throws {
        preconditionFailure("each batch stands by itself")
    }
}

extension Learner: GradientSource {}
