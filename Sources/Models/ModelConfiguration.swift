// What one decoder is, as data: sizes and the few differences between families. Nothing here knows a file or a tensor.

public import Kernels
public import Vocabulary

/// The sizes and kinds of a Llama-style decoder. One block serves all families; what differs between them is in here.
public struct ModelConfiguration: Sendable, Equatable {
    /// How the rotary frequencies are stretched for long contexts.
    public typealias RotaryScaling = Kernels.RotaryScaling

    /// Hugging Face's `model_type`: `llama`, `mistral`, `qwen2` or `qwen3`.
    public var family: String
    /// C, the width of the residual stream.
    public var width: Int
    public var layers: Int
    /// H, query heads.
    public var heads: Int
    /// G, key and value heads; divides `heads`.
    public var keyValueHeads: Int
    /// D, the width of one head.
    public var headWidth: Int
    /// F, the inner width of the MLP.
    public var mlpWidth: Int
    /// V.
    public var vocabularySize: Int
    public var normEpsilon: Float
    public var rotaryBase: Double
    public var rotaryScaling: RotaryScaling
    /// The most positions the model was made for.
    public var contextLength: Int
    /// The head is the embedding.
    public var isTied: Bool
    /// Biases on the query, key and value projections.
    public var hasAttentionBias: Bool
    /// A bias on the attention's output projection.
    public var hasOutputBias: Bool
    public var hasMLPBias: Bool
    /// Norms over each head of queries and keys before the rotation.
    public var hasQueryKeyNorm: Bool
    /// How many positions, its own included, a token of a sliding layer sees.
    public var slidingWindow: Int?
    /// Whether each layer slides; empty where none does.
    public var slidingLayers: [Bool]
    /// Token ids of the file's own configuration, where it names them.
    public var beginToken: Int?
    public var endTokens: [Int]

    /// A configuration from its parts.
    public init(
        family: String, width: Int, layers: Int, heads: Int, keyValueHeads: Int, headWidth: Int, mlpWidth: Int,
        vocabularySize: Int, normEpsilon: Float, rotaryBase: Double, rotaryScaling: RotaryScaling = .none,
        contextLength: Int, isTied: Bool, hasAttentionBias: Bool = false, hasOutputBias: Bool = false,
        hasMLPBias: Bool = false, hasQueryKeyNorm: Bool = false, slidingWindow: Int? = nil, slidingLayers: [Bool] = [],
        beginToken: Int? = nil, endTokens: [Int] = []
    ) {
        self.family = family
        self.width = width
        self.layers = layers
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth
        self.mlpWidth = mlpWidth
        self.vocabularySize = vocabularySize
        self.normEpsilon = normEpsilon
        self.rotaryBase = rotaryBase
        self.rotaryScaling = rotaryScaling
        self.contextLength = contextLength
        self.isTied = isTied
        self.hasAttentionBias = hasAttentionBias
        self.hasOutputBias = hasOutputBias
        self.hasMLPBias = hasMLPBias
        self.hasQueryKeyNorm = hasQueryKeyNorm
        self.slidingWindow = slidingWindow
        self.slidingLayers = slidingLayers
        self.beginToken = beginToken
        self.endTokens = endTokens
    }

    /// Width of all query heads together.
    public var queryWidth: Int { heads * headWidth }
    /// Width of all key (or value) heads together.
    public var keyValueWidth: Int { keyValueHeads * headWidth }

    /// The sliding window of layer `layer`; nil where it sees everything before it.
    public func window(layer: Int) -> Int? {
        layer < slidingLayers.count && slidingLayers[layer] ? slidingWindow : nil
    }
}

extension ModelConfiguration {
    /// The attention of layer `layer`.
    func attention(layer: Int) -> AttentionShape {
        AttentionShape(
            heads: heads, groups: keyValueHeads, headWidth: headWidth, scale: 1 / Float(headWidth).squareRoot(),
            window: window(layer: layer),
            rotary: RotaryPositions(headWidth: headWidth, base: rotaryBase, scaling: rotaryScaling))
    }
}

/// Why a configuration cannot be used.
public enum ModelConfigurationError: ClassifiedError, Equatable {
    /// A family this engine does not have; `supported` are those it has.
    case unsupportedArchitecture(found: String, supported: [String])
    /// A known key with a value this engine does not compute.
    case unsupported(key: String, value: String)
    case missing(key: String)
    /// A value of the wrong type or out of range.
    case invalid(key: String, value: String, expected: String)
}

extension ModelConfigurationError {
    public var kind: FailureKind { .badInput }

    public var description: String {
        switch self {
        case .unsupportedArchitecture(let found, let supported):
            "architecture \"\(found)\" is not supported (supported: \(supported.joined(separator: ", ")))"
        case .unsupported(let key, let value): "\(key) = \(value) is not supported"
        case .missing(let key): "\(key) is missing"
        case .invalid(let key, let value, let expected): "\(key) is \(value), expected \(expected)"
        }
    }
}

extension ModelConfiguration {
    /// The families of the one decoder block.
    public static let supportedFamilies = ModelFamily.all.map(\.name)

    /// The largest value any size may have: far above real models, far below what overflows in a product of two.
    static let largestSize = 1 << 26
    static let mostLayers = 4_096

    /// Throws where the sizes contradict one another, whichever file they came from.
    func validated() throws -> ModelConfiguration {
        func check(_ key: String, _ value: Int, atMost limit: Int = ModelConfiguration.largestSize) throws {
            guard (1...limit).contains(value) else {
                throw ModelConfigurationError.invalid(key: key, value: "\(value)", expected: "1…\(limit)")
            }
        }
        try check("hidden_size", width)
        try check("num_hidden_layers", layers, atMost: Self.mostLayers)
        try check("num_attention_heads", heads, atMost: 1 << 16)
        try check("num_key_value_heads", keyValueHeads, atMost: 1 << 16)
        try check("head_dim", headWidth, atMost: 1 << 16)
        try check("intermediate_size", mlpWidth)
        try check("vocab_size", vocabularySize)
        try check("max_position_embeddings", contextLength, atMost: 1 << 40)
        guard heads % keyValueHeads == 0 else {
            throw ModelConfigurationError.invalid(
                key: "num_key_value_heads", value: "\(keyValueHeads)",
                expected: "a divisor of num_attention_heads = \(heads)")
        }
        // Rotary positions turn pairs, and products of bf16 take pairs.
        for (key, value) in [("head_dim", headWidth), ("hidden_size", width), ("intermediate_size", mlpWidth)]
        where value % 2 != 0 {
            throw ModelConfigurationError.invalid(key: key, value: "\(value)", expected: "an even number")
        }
        guard normEpsilon > 0, normEpsilon < 1 else {
            throw ModelConfigurationError.invalid(
                key: "rms_norm_eps", value: "\(normEpsilon)", expected: "a number in (0, 1)")
        }
        guard rotaryBase > 1, rotaryBase.isFinite else {
            throw ModelConfigurationError.invalid(
                key: "rope_theta", value: "\(rotaryBase)", expected: "a number above 1")
        }
        if case .frequencyFactors(let factors, let amplitude) = rotaryScaling,
            factors.count != headWidth / 2 || !(factors + [Float(amplitude)]).allSatisfy({ $0.isFinite && $0 > 0 })
        {
            throw ModelConfigurationError.invalid(
                key: "rope_scaling.long_factor", value: "\(factors.count) factors",
                expected: "\(headWidth / 2) positive numbers")
        }
        if let slidingWindow { try check("sliding_window", slidingWindow, atMost: 1 << 40) }
        return self
    }
}
