// One block of a decoder, as data.

/// One block: attention, then feed-forward, each added to the residual stream.
public struct BlockSpec: Sendable, Equatable {
    public var attention: AttentionSpec
    public var feedForward: FeedForwardSpec

    /// A block from its parts.
    public init(attention: AttentionSpec, feedForward: FeedForwardSpec) {
        self.attention = attention
        self.feedForward = feedForward
    }

    /// All norms that there are.
    var norms: [NormSpec] {
        [
            attention.norm, attention.headNorm, attention.outputNorm, attention.streamNorm, feedForward.norm,
            feedForward.outputNorm, feedForward.streamNorm,
        ].compactMap { $0 }
    }
}
