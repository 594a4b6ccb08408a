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
    /// What embeddings are multiplied with.
    public var embeddingScale: Float
    /// From the embedding up.
    public var blocks: [BlockSpec]
    /// Before the head.
    public var finalNorm: NormSpec
    /// The head is the embedding.
    public var isTied: Bool
    /// The most positions the model was made for.
    public var contextLength: Int
    /// Token ids of the file's own configuration, where it names them.
    public var beginToken: Int?
    public var endTokens: [Int]

    /// A configuration from its parts.
    public init(
        family: String, width: Int, vocabularySize: Int, embeddingScale: Float = 1, blocks: [BlockSpec],
        finalNorm: NormSpec, isTied: Bool, contextLength: Int, beginToken: Int? = nil, endTokens: [Int] = []
    ) {
        self.family = family
        self.width = width
        self.vocabularySize = vocabularySize
        self.embeddingScale = embeddingScale
        self.blocks = blocks
        self.finalNorm = finalNorm
        self.isTied = isTied
        self.contextLength = contextLength
        self.beginToken = beginToken
        self.endTokens = endTokens
    }

    public var layers: Int { blocks.count }

    /// The sliding window of layer `layer`; nil where it sees everything before it.
    public func window(layer: Int) -> Int? { blocks[layer].attention.shape.window }
}

/// One block: attention, then feed-forward, each added to the residual stream.
public struct BlockSpec: Sendable, Equatable {
    public var attention: AttentionSpec
    public var feedForward: FeedForwardSpec

    /// A block from its parts.
    public init(attention: AttentionSpec, feedForward: FeedForwardSpec) {
        self.attention = attention
        self.feedForward = feedForward
    }
}

/// A norm of rows by their root mean square.
public struct NormSpec: Sendable, Equatable {
    /// ε.
    public var epsilon: Float
    /// What is added to each number of the weight as Hugging Face stores it.
    public var offset: Float

    /// A norm from its parts.
    public init(epsilon: Float, offset: Float = 0) {
        self.epsilon = epsilon
        self.offset = offset
    }
}

/// Self-attention with its norms.
public struct AttentionSpec: Sendable, Equatable {
    /// Of its input.
    public var norm: NormSpec
    /// Over each head of queries and of keys, before the rotation.
    public var headNorm: NormSpec?
    /// Of what it adds to the stream.
    public var outputNorm: NormSpec?
    public var shape: AttentionShape
    /// Biases on the query, key and value projections.
    public var hasInputBias: Bool
    /// A bias on the output projection.
    public var hasOutputBias: Bool

    /// An attention from its parts.
    public init(
        norm: NormSpec, headNorm: NormSpec? = nil, outputNorm: NormSpec? = nil, shape: AttentionShape,
        hasInputBias: Bool = false, hasOutputBias: Bool = false
    ) {
        self.norm = norm
        self.headNorm = headNorm
        self.outputNorm = outputNorm
        self.shape = shape
        self.hasInputBias = hasInputBias
        self.hasOutputBias = hasOutputBias
    }
}

/// The sizes and kinds of one attention.
public struct AttentionShape: Sendable, Equatable {
    /// H, query heads.
    public var heads: Int
    /// G, key and value heads; divides `heads`.
    public var groups: Int
    /// D, the width of one head.
    public var headWidth: Int
    /// What products of queries and keys are multiplied with.
    public var scale: Float
    /// How many positions a token sees, its own included; nil for all before it.
    public var window: Int?
    public var rotary: RotaryPositions

    /// A shape from its parts.
    /// - Parameter scale: nil for 1/√D.
    public init(
        heads: Int, groups: Int, headWidth: Int, scale: Float? = nil, window: Int? = nil, rotary: RotaryPositions
    ) {
        self.heads = heads
        self.groups = groups
        self.headWidth = headWidth
        self.scale = scale ?? 1 / Float(headWidth).squareRoot()
        self.window = window
        self.rotary = rotary
    }

    /// Width of all query heads together.
    public var queryWidth: Int { heads * headWidth }
    /// Width of all key (or value) heads together.
    public var keyValueWidth: Int { groups * headWidth }
}

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

extension ModelConfiguration {
    /// The families there are.
    public static let supportedFamilies = ModelFamily.all.map(\.name)

    /// The largest value any size may have: far above real models, far below what overflows in a product of two.
    static let largestSize = 1 << 26
    static let mostLayers = 4_096

    /// `count`, as `key` gives it.
    /// - Throws: `ModelConfigurationError` for a number of layers that no model has.
    static func layers(_ count: Int, key: String) throws -> Int {
        guard (1...mostLayers).contains(count) else {
            throw ModelConfigurationError.invalid(key: key, value: "\(count)", expected: "1…\(mostLayers)")
        }
        return count
    }

    /// Throws where the sizes contradict one another, whichever file they came from.
    func validated() throws -> ModelConfiguration {
        func check(_ key: String, _ value: Int, atMost limit: Int = ModelConfiguration.largestSize) throws {
            guard (1...limit).contains(value) else {
                throw ModelConfigurationError.invalid(key: key, value: "\(value)", expected: "1…\(limit)")
            }
        }
        // Products of bf16 take pairs.
        func checkEven(_ key: String, _ value: Int) throws {
            guard value % 2 == 0 else {
                throw ModelConfigurationError.invalid(key: key, value: "\(value)", expected: "an even number")
            }
        }
        try check("hidden_size", width)
        try checkEven("hidden_size", width)
        try check("num_hidden_layers", layers, atMost: Self.mostLayers)
        try check("vocab_size", vocabularySize)
        try check("max_position_embeddings", contextLength, atMost: 1 << 40)
        for block in blocks {
            let shape = block.attention.shape
            try check("num_attention_heads", shape.heads, atMost: 1 << 16)
            try check("num_key_value_heads", shape.groups, atMost: 1 << 16)
            try check("head_dim", shape.headWidth, atMost: 1 << 16)
            try checkEven("head_dim", shape.headWidth)
            try check("intermediate_size", block.feedForward.width)
            try checkEven("intermediate_size", block.feedForward.width)
            if let window = shape.window { try check("sliding_window", window, atMost: 1 << 40) }
            guard shape.heads % shape.groups == 0 else {
                throw ModelConfigurationError.invalid(
                    key: "num_key_value_heads", value: "\(shape.groups)",
                    expected: "a divisor of num_attention_heads = \(shape.heads)")
            }
            guard shape.scale > 0, shape.scale.isFinite else {
                throw ModelConfigurationError.invalid(
                    key: "query_pre_attn_scalar", value: "\(1 / (shape.scale * shape.scale))",
                    expected: "a number above 0")
            }
            try shape.rotary.validate()
        }
        let norms =
            [finalNorm]
            + blocks.flatMap { block in
                [
                    block.attention.norm, block.attention.headNorm, block.attention.outputNorm, block.feedForward.norm,
                    block.feedForward.outputNorm,
                ].compactMap { $0 }
            }
        for norm in norms where !(norm.epsilon > 0 && norm.epsilon < 1) {
            throw ModelConfigurationError.invalid(
                key: "rms_norm_eps", value: "\(norm.epsilon)", expected: "a number in (0, 1)")
        }
        return self
    }
}
