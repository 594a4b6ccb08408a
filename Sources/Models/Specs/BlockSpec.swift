// One block of a decoder, as data.

/// One block: attention, then feed-forward, each added to the residual stream; or both side by side, from the same stream.
public struct BlockSpec: Sendable, Equatable {
    public var attention: AttentionSpec
    public var feedForward: FeedForwardSpec
    /// Whether both read the block's input: `x + attention(x) + feedForward(x)`.
    public var isParallel: Bool

    /// A block from its parts.
    public init(attention: AttentionSpec, feedForward: FeedForwardSpec, isParallel: Bool = false) {
        self.attention = attention
        self.feedForward = feedForward
        self.isParallel = isParallel
    }

    /// All norms that there are.
    var norms: [NormSpec] {
        [
            attention.norm, attention.headNorm, attention.outputNorm, attention.streamNorm, feedForward.norm,
            feedForward.outputNorm, feedForward.streamNorm,
        ].compactMap { $0 }
    }
}
