// What one decoder is, as data: an embedding, blocks of sublayers, a head. Nothing here knows a file or a tensor.

public import Kernels

/// A decoder. What sets families apart is in the specifications of its parts.
public struct ModelConfiguration: Sendable, Equatable {
    /// How the rotary frequencies are stretched for long contexts.
    public typealias RotaryScaling = Kernels.RotaryScaling

    /// Hugging Face's `model_type`: `llama`, `qwen3`, ….
    public var family: String
    /// C, the width of the residual stream.
    public var width: Int
    /// V.
    public var vocabularySize: Int
    /// How token ids become the first rows of the stream.
    public var embedding: EmbeddingSpec
    /// Reads a text as a whole, for the blocks to see; nil where there is no such part.
    public var encoder: EncoderSpec?
    /// From the embedding up.
    public var blocks: [BlockSpec]
    /// Of the stream after the last block; nil where blocks end in norms of their own.
    public var finalNorm: NormSpec?
    /// What there is beside the blocks where the model reads texts whole and writes none; nil where it predicts tokens.
    public var reader: ReaderSpec?
    /// The head is the embedding.
    public var isTied: Bool
    /// What becomes of the head's products.
    public var head: HeadSpec
    /// The most positions the model was made for.
    public var contextLength: Int
    /// Token ids of the file's own configuration, where it names them.
    public var beginToken: Int?
    public var endTokens: [Int]
    /// What stands on top of the states where the model answers for a task.
    public var taskHeads = TaskHeads.decoder()
    /// What the model was saved as, where that answers for a task.
    public var taskClass: TaskClass?

    /// A configuration from its parts.
    public init(
        family: String, width: Int, vocabularySize: Int, embedding: EmbeddingSpec = EmbeddingSpec(),
        encoder: EncoderSpec? = nil, blocks: [BlockSpec], finalNorm: NormSpec?, reader: ReaderSpec? = nil,
        isTied: Bool, head: HeadSpec = HeadSpec(), contextLength: Int, beginToken: Int? = nil, endTokens: [Int] = []
    ) {
        self.family = family
        self.width = width
        self.vocabularySize = vocabularySize
        self.embedding = embedding
        self.encoder = encoder
        self.blocks = blocks
        self.finalNorm = finalNorm
        self.reader = reader
        self.isTied = isTied
        self.head = head
        self.contextLength = contextLength
        self.beginToken = beginToken
        self.endTokens = endTokens
    }

    public var layers: Int { blocks.count }

    /// Every norm, but for those of heads of tasks.
    var norms: [NormSpec] {
        [embedding.norm, encoder?.finalNorm, finalNorm].compactMap { $0 } + allBlocks.flatMap(\.norms)
    }

    /// The encoder's blocks, where there is one, and the others.
    var allBlocks: [BlockSpec] { (encoder?.blocks ?? []) + blocks }

    /// The sliding window of layer `layer`; nil where it sees everything before it.
    public func window(layer: Int) -> Int? { blocks[layer].attention.shape.window }
}

extension ModelConfiguration {
    /// The families there are.
    public static let supportedFamilies = ModelFamily.all.map(\.name)
}
