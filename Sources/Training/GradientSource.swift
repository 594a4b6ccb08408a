// What the loop trains: anything that adds the gradient of a batch into the slab's gradients.

public import Models
public import Tensors

/// The model with its adapters, as the loop sees it. A protocol, so that other objectives, and tests, can stand in.
public protocol GradientSource: AnyObject {
    /// Adds ∂(Σ loss · `gradientScale`) into the gradients of the adapters; returns the losses.
    func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recompute: Bool, workspace: Workspace, randomSeed: UInt64,
        randomStream: UInt32
    ) throws -> BatchLoss
}

extension LanguageModel: GradientSource {}
