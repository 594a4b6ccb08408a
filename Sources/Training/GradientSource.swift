// What the loop trains: anything that adds the gradient of a batch into the slab's gradients.

public import Models
public import Tensors

/// The model with its adapters, as the loop sees it. A protocol, so that other objectives, and tests, can stand in.
public protocol GradientSource: AnyObject {
    /// Adds ∂(Σ loss · `gradientScale`) into the gradients of the adapters; returns the losses.
    func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recomputedBlocks: Int, workspace: Workspace, dropout: DropoutKey
    ) throws -> BatchLoss
}

extension LanguageModel: GradientSource {
    public func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recomputedBlocks: Int, workspace: Workspace, dropout: DropoutKey
    ) throws -> BatchLoss {
        try accumulateGradients(
            batch, gradientScale: gradientScale, recomputedBlocks: recomputedBlocks, workspace: workspace,
            dropout: dropout, adapters: adapters)
    }
}
