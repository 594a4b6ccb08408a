// One feed-forward network with its norms, as data.

public import Kernels

/// A gated feed-forward network with its norms.
public struct FeedForwardSpec: Sendable, Equatable {
    /// Of what it reads of the stream; nil where it reads the stream as it is.
    public var norm: NormSpec?
    /// Of what it adds to the stream.
    public var outputNorm: NormSpec?
    /// Of the stream with what was added: `norm(x + body(x))`.
    public var streamNorm: NormSpec?
    /// What it adds to the stream is multiplied with it.
    public var residualScale: Float
    /// F, the inner width.
    public var width: Int
    public var activation: GateActivation
    public var hasBias: Bool

    /// A network from its parts.
    public init(
        norm: NormSpec?, outputNorm: NormSpec? = nil, streamNorm: NormSpec? = nil, residualScale: Float = 1,
        width: Int, activation: GateActivation = .silu, hasBias: Bool = false
    ) {
        self.norm = norm
        self.outputNorm = outputNorm
        self.streamNorm = streamNorm
        self.residualScale = residualScale
        self.width = width
        self.activation = activation
        self.hasBias = hasBias
    }
}
