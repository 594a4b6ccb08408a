// One attention with its norms and biases, as data.

/// What a norm of queries and of keys takes together.
public enum HeadNormReach: Sendable, Equatable {
    /// The numbers of a head; all heads have one weight `[D]`.
    case eachHead
    /// The numbers of a head; each has weights of its own: one tensor `[heads, D]`, or one `[D]` a head where the family's name for
    /// it has a `#` in the place of the head's number.
    case eachHeadItsOwn
    /// The numbers of all heads; the weight is `[heads · D]`.
    case allHeads
}

/// Self-attention with its norms.
public struct AttentionSpec: Sendable, Equatable {
    /// Of what it reads of the stream; nil where it reads the stream as it is.
    public var norm: NormSpec?
    /// Of queries and of keys, before the rotation.
    public var headNorm: NormSpec?
    /// What that takes together.
    public var headNormReach: HeadNormReach
    /// Of what it adds to the stream.
    public var outputNorm: NormSpec?
    /// Of the stream with what was added: `norm(x + body(x))`.
    public var streamNorm: NormSpec?
    /// What it adds to the stream is multiplied with it.
    public var residualScale: Float
    public var shape: AttentionShape
    /// What is added to scores by distance; nil where nothing is.
    public var bias: RelativeBiasSpec?
    /// Of query, key and value.
    public var projection: ProjectionSpec
    /// Biases on the query, key and value projections.
    public var hasInputBias: Bool
    /// A bias on the output projection.
    public var hasOutputBias: Bool

    /// An attention from its parts.
    public init(
        norm: NormSpec?, headNorm: NormSpec? = nil, headNormReach: HeadNormReach = .eachHead,
        outputNorm: NormSpec? = nil, streamNorm: NormSpec? = nil, residualScale: Float = 1, shape: AttentionShape,
        bias: RelativeBiasSpec? = nil,
        projection: ProjectionSpec = .separate,
        hasInputBias: Bool = false, hasOutputBias: Bool = false
    ) {
        self.norm = norm
        self.headNorm = headNorm
        self.headNormReach = headNormReach
        self.outputNorm = outputNorm
        self.streamNorm = streamNorm
        self.residualScale = residualScale
        self.shape = shape
        self.bias = bias
        self.projection = projection
        self.hasInputBias = hasInputBias
        self.hasOutputBias = hasOutputBias
    }
}

/// A number for each head and bucket of distances, in a table that all blocks of a stack share.
public struct RelativeBiasSpec: Sendable, Equatable {
    /// Rows of the table.
    public var buckets: Int
    /// The distance from which on all share the last bucket.
    public var farthest: Int

    /// A bias from its parts.
    public init(buckets: Int, farthest: Int) {
        self.buckets = buckets
        self.farthest = farthest
    }
}
