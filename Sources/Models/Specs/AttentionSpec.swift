// One attention with its norms and biases, as data.

/// Self-attention with its norms.
public struct AttentionSpec: Sendable, Equatable {
    /// Of what it reads of the stream; nil where it reads the stream as it is.
    public var norm: NormSpec?
    /// Over each head of queries and of keys, before the rotation.
    public var headNorm: NormSpec?
    /// Of what it adds to the stream.
    public var outputNorm: NormSpec?
    /// Of the stream with what was added: `norm(x + body(x))`.
    public var streamNorm: NormSpec?
    /// What it adds to the stream is multiplied with it.
    public var residualScale: Float
    public var shape: AttentionShape
    /// Of query, key and value.
    public var projection: ProjectionSpec
    /// Biases on the query, key and value projections.
    public var hasInputBias: Bool
    /// A bias on the output projection.
    public var hasOutputBias: Bool

    /// An attention from its parts.
    public init(
        norm: NormSpec?, headNorm: NormSpec? = nil, outputNorm: NormSpec? = nil, streamNorm: NormSpec? = nil,
        residualScale: Float = 1, shape: AttentionShape, projection: ProjectionSpec = .separate,
        hasInputBias: Bool = false, hasOutputBias: Bool = false
    ) {
        self.norm = norm
        self.headNorm = headNorm
        self.outputNorm = outputNorm
        self.streamNorm = streamNorm
        self.residualScale = residualScale
        self.shape = shape
        self.projection = projection
        self.hasInputBias = hasInputBias
        self.hasOutputBias = hasOutputBias
    }
}
