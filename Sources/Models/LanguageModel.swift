// A decoder with its frozen weights: losses, gradients of its adapters, logits.

public import Tensors

/// A Llama-style language model over frozen weights.
///
/// Training it means adding to the gradients of the adapters on its linear layers; everything else is frozen.
public final class LanguageModel {
    public let configuration: ModelConfiguration
    /// The type of activations and products: bf16 is mixed precision, with the residual stream in fp32 all the same.
    public let precision: ElementType
    /// Every layer that may carry an adapter, in network order. The head is not among them.
    public let linearLayers: [LinearLayer]

    init(configuration: ModelConfiguration, precision: ElementType, linearLayers: [LinearLayer]) {
        self.configuration = configuration
        self.precision = precision
        self.linearLayers = linearLayers
    }

    /// Runs `batch` forward and backward and adds ∂(Σ loss · `gradientScale`) into the adapters' gradients.
    ///
    /// - Parameters:
    ///   - gradientScale: 1 / Σ target tokens of the whole optimiser step.
    ///   - recompute: keep only the blocks' inputs and run each block again on the way back; same gradients.
    ///   - randomSeed: the run's seed, for dropout.
    ///   - randomStream: tells micro-batches apart in the dropout masks.
    public func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recompute: Bool, workspace: Workspace, randomSeed: UInt64,
        randomStream: UInt32
    ) throws -> BatchLoss {
        preconditionFailure("not built yet")
    }

    /// The losses of `batch` without gradients; with `tokenLogProbabilities` also log p of each target, in row order.
    public func evaluate(
        _ batch: TokenBatch, workspace: Workspace, tokenLogProbabilities: Bool = false
    ) throws -> (BatchLoss, [Float]?) {
        preconditionFailure("not built yet")
    }

    /// All logits `[N, V]`, row-major. For tests and probes: its size grows with N·V.
    public func logits(_ batch: TokenBatch, workspace: Workspace) throws -> [Float] {
        preconditionFailure("not built yet")
    }

    /// Bytes that `accumulateGradients` needs for a batch of `rows` token rows, beyond weights and adapters.
    public func predictedBytes(rows: Int, recompute: Bool) -> Int {
        preconditionFailure("not built yet")
    }
}
