// One feed-forward network with its norms, as data.

public import Kernels

/// A feed-forward network with its norms.
public struct FeedForwardSpec: Sendable, Equatable {
    /// Of what it reads of the stream; nil where it reads the stream as it is.
    public var norm: NormSpec?
    /// Of what it adds to the stream.
    public var outputNorm: NormSpec?
    /// Of the stream with what was added: `norm(x + body(x))`.
    public var streamNorm: NormSpec?
    /// What it adds to the stream is multiplied with it.
    public var residualScale: Float
    /// F, the inner width; of each expert, where there are experts.
    public var width: Int
    public var activation: Activation
    /// Whether what is activated is multiplied with a second projection of the input: `act(gate) · up`, else `act(up)`.
    public var isGated: Bool
    /// Of gate and up.
    public var projection: ProjectionSpec
    public var hasBias: Bool
    /// Networks of this kind, of which a row goes to a few; nil where there is one, to which all go.
    public var experts: ExpertsSpec?

    /// A network from its parts.
    public init(
        norm: NormSpec?, outputNorm: NormSpec? = nil, streamNorm: NormSpec? = nil, residualScale: Float = 1,
        width: Int, activation: Activation = .silu, isGated: Bool = true, projection: ProjectionSpec = .separate,
        hasBias: Bool = false, experts: ExpertsSpec? = nil
    ) {
        self.norm = norm
        self.outputNorm = outputNorm
        self.streamNorm = streamNorm
        self.residualScale = residualScale
        self.width = width
        self.activation = activation
        self.isGated = isGated
        self.projection = projection
        self.hasBias = hasBias
        self.experts = experts
    }
}
