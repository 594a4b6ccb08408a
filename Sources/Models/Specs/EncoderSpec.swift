// The encoder of a model that reads one text and writes another, as data.

/// Blocks that read a text as a whole, and what tells in a sequence where that text ends.
///
/// A sequence of such a model is what is read, then `startToken`, then what is written. The decoder's blocks see what the encoder makes
/// of the first part through their `crossAttention`.
public struct EncoderSpec: Sendable, Equatable {
    /// From the embedding up.
    public var blocks: [BlockSpec]
    /// Of what the decoder sees; nil where blocks end in norms of their own.
    public var finalNorm: NormSpec?
    /// What the decoder begins with. No text that is read holds it.
    public var startToken: Int

    /// An encoder from its parts.
    public init(blocks: [BlockSpec], finalNorm: NormSpec?, startToken: Int) {
        self.blocks = blocks
        self.finalNorm = finalNorm
        self.startToken = startToken
    }
}
