// One feed-forward network with its norms, as data.

public import Kernels

/// A gated feed-forward network with its norms.
public struct FeedForwardSpec: Sendable, Equatable {
    /// Of its input.
    public var norm: NormSpec
    /// Of what it adds to the stream.
    public var outputNorm: NormSpec?
    /// F, the inner width.
    public var width: Int
    public var activation: GateActivation
    public var hasBias: Bool

    /// A network from its parts.
    public init(
        norm: NormSpec, outputNorm: NormSpec? = nil, width: Int, activation: GateActivation = .silu,
        hasBias: Bool = false
    ) {
        self.norm = norm
        self.outputNorm = outputNorm
        self.width = width
        self.activation = activation
        self.hasBias = hasBias
    }
}
