// One block of a decoder, as data.

/// One block: attention, then feed-forward, each added to the residual stream; or both side by side, from the same stream.
public struct BlockSpec: Sendable, Equatable {
    public var attention: AttentionSpec
    /// To what an encoder makes of what was read, between the two; nil where there is none.
    public var crossAttention: AttentionSpec?
    public var feedForward: FeedForwardSpec
    /// Whether both read the block's input: `x + attention(x) + feedForward(x)`.
    public var isParallel: Bool
    /// Whether what feed-forward reads is normed with the weight of the attention's norm.
    public var sharesNorm: Bool

    /// A block from its parts.
    public init(
        attention: AttentionSpec, crossAttention: AttentionSpec? = nil, feedForward: FeedForwardSpec,
        isParallel: Bool = false, sharesNorm: Bool = false
    ) {
        self.attention = attention
        self.crossAttention = crossAttention
        self.feedForward = feedForward
        self.isParallel = isParallel
        self.sharesNorm = sharesNorm
    }

    /// Both attentions, where there are two.
    var attentions: [AttentionSpec] { [attention] + (crossAttention.map { [$0] } ?? []) }

    /// All norms that there are.
    var norms: [NormSpec] {
        attentions.flatMap { [$0.norm, $0.headNorm, $0.outputNorm, $0.streamNorm].compactMap { $0 } }
            + [feedForward.norm, feedForward.outputNorm, feedForward.streamNorm].compactMap { $0 }
    }
}
