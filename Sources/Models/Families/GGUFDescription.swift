// A configuration as the metadata of a GGUF file. Keys are llama.cpp's; what a family's own come to is in the family's file.

import Kernels
public import WeightFiles

/// What a GGUF file says of its architecture, in the making.
public struct GGUFDescription {
    /// `general.architecture`.
    public let architecture: String
    /// In the file's order, under the architecture's name.
    public private(set) var keys: [(key: String, value: GGUFValue)] = []
    /// Vectors that stand in the file beside the weights.
    public private(set) var vectors: [(name: String, values: [Float])] = []

    /// The keys of `model`.
    ///
    /// - Throws: `ModelConfigurationError` where llama.cpp would compute something else than the configuration says.
    public init(_ model: ModelConfiguration) throws {
        guard let family = ModelFamily.named(model.family), let block = model.blocks.first else {
            throw ModelConfigurationError.unsupportedArchitecture(
                found: model.family, supported: ModelConfiguration.supportedFamilies)
        }
        guard let write = family.writeGGUF else {
            throw ModelConfigurationError.notWrittenAsGGUF(family: family.name)
        }
        architecture = family.ggufArchitecture
        try Self.requireEqualBlocks(model)
        let shape = block.attention.shape
        set("block_count", model.layers)
        set("context_length", model.contextLength)
        set("embedding_length", model.width)
        set("feed_forward_length", block.feedForward.width)
        set("attention.head_count", shape.heads)
        set("attention.head_count_kv", shape.groups)
        if let norm = model.norms.last { set(norm.kind.epsilonKey, norm.epsilon) }
        set("attention.key_length", shape.headWidth)
        set("attention.value_length", shape.headWidth)
        set("vocab_size", model.vocabularySize)
        if let rotary = model.blocks.compactMap(\.attention.shape.rotary).first {
            set("rope.dimension_count", rotary.width)
        }
        try write(model, &self)
    }

    /// GGUF says sizes once for all layers, here; windows and rotary positions are for the families to say.
    private static func requireEqualBlocks(_ model: ModelConfiguration) throws {
        func plain(_ block: BlockSpec) -> BlockSpec {
            var block = block
            block.attention.shape.window = nil
            block.attention.shape.rotary = model.blocks[0].attention.shape.rotary
            return block
        }
        for (layer, block) in model.blocks.enumerated() {
            guard plain(block) == plain(model.blocks[0]),
                block.norms.allSatisfy({ $0.epsilon == model.norms.last?.epsilon })
            else {
                throw GGUFDescription.refusal(
                    "layer \(layer)", "unlike the others", "knows one set of sizes for all layers")
            }
        }
    }

    mutating func set(_ key: String, _ value: GGUFValue) { keys.append(("\(architecture).\(key)", value)) }
    mutating func set(_ key: String, _ count: Int) { set(key, .uint32(UInt32(clamping: count))) }
    mutating func set(_ key: String, _ number: Float) { set(key, .float32(number)) }

    mutating func add(_ vector: String, _ values: [Float]) { vectors.append((vector, values)) }

    /// Throws where the networks have another activation than llama.cpp has for the architecture.
    func requireActivation(_ activation: Activation, of block: BlockSpec, key: String) throws {
        guard block.feedForward.activation == activation else {
            throw Self.refusal(
                key, block.feedForward.activation.huggingFaceName, "has another activation for \(architecture)")
        }
    }

    /// The error for what a GGUF file could say and llama.cpp would not compute.
    static func refusal(_ key: String, _ value: String, _ reason: String) -> ModelConfigurationError {
        .notInGGUF(key: key, value: value, reason: reason)
    }
}

extension NormSpec.Kind {
    /// The key of ε.
    var epsilonKey: String {
        switch self {
        case .rms: "attention.layer_norm_rms_epsilon"
        case .layer: "attention.layer_norm_epsilon"
        }
    }
}
