// StableLM 2: layer norms with biases, of whose heads only a part turns; attention and feed-forward one after the other, or side by
// side from one norm.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let stableLM = ModelFamily(
        name: "stablelm", className: "StableLmForCausalLM", ggufArchitecture: "stablelm",
        fields: FieldTable(fields: ConfigurationField.shared + StableLM.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + StableLM.ownKeys), names: StableLM.names,
        read: StableLM.read, readGGUF: StableLM.read, write: StableLM.write, writeGGUF: StableLM.write)
}

private enum StableLM {
    private static let defaults = DecoderFields.Defaults(contextLength: 4_096, groups: 32)
    private static let share = RotaryFields.Share(usual: 0.25)

    static let names = WeightNames(
        once: .decoder(),
        inLayer: .normsBefore + .attention() + .gatedNetwork + [
            WeightBinding(.queryNorm, "self_attn.q_layernorm.norms.#", gguf: "attn_q_norm"),
            WeightBinding(.keyNorm, "self_attn.k_layernorm.norms.#", gguf: "attn_k_norm"),
        ])

    private static func configuration(
        _ sizes: DecoderFields, _ norm: NormSpec, _ rotary: RotaryPositions, hasHeadNorm: Bool, hasBias: Bool,
        isParallel: Bool
    ) -> ModelConfiguration {
        let block = BlockSpec(
            attention: AttentionSpec(
                norm: norm, headNorm: hasHeadNorm ? NormSpec(.layer, epsilon: norm.epsilon) : nil,
                headNormReach: hasHeadNorm ? .eachHeadItsOwn : .eachHead, shape: sizes.shape(rotary: rotary),
                hasInputBias: hasBias),
            feedForward: FeedForwardSpec(norm: norm, width: sizes.innerWidth), isParallel: isParallel,
            sharesNorm: isParallel)
        return sizes.configuration(
            family: "stablelm", blocks: Array(repeating: block, count: sizes.layers), finalNorm: norm)
    }

    // MARK: config.json

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read(
            "num_key_value_heads", "layer_norm_eps", "use_qkv_bias", "use_parallel_residual", "qk_layernorm",
            mayBeNull: false)
        + ConfigurationField.harmless(["rms_norm_eps", "attention_bias", "mlp_bias"])
        + ConfigurationField.harmless(["sliding_window", "use_sliding_window", "max_window_layers", "layer_types"])
        + [ConfigurationField(key: "hidden_dropout", use: .trainingOnly([0]))]

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields, defaults)
        guard sizes.headWidth * sizes.heads == sizes.width else {
            throw ModelConfigurationError.invalid(
                key: "head_dim", value: "\(sizes.headWidth)", expected: "hidden_size / num_attention_heads")
        }
        return configuration(
            sizes, try fields.layerNorm(hasBias: true),
            try RotaryFields(
                fields.json, headWidth: sizes.headWidth, contextLength: sizes.contextLength, share: share
            ).positions,
            hasHeadNorm: try fields.flag("qk_layernorm") ?? false, hasBias: try fields.flag("use_qkv_bias") ?? false,
            isParallel: try fields.flag("use_parallel_residual") ?? false)
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let block = model.blocks[0], rotary = block.attention.shape.rotary
        return (rotary?.huggingFaceMembers(contextLength: model.contextLength) ?? []) + [
            // Where it is not said, a quarter turns.
            ("partial_rotary_factor", .double(rotary?.share ?? 1)), ("hidden_act", "silu"),
            ("tie_word_embeddings", .bool(model.isTied)), ("use_qkv_bias", .bool(block.attention.hasInputBias)),
            ("qk_layernorm", .bool(block.attention.headNorm != nil)),
            ("use_parallel_residual", .bool(block.isParallel)),
        ]
    }

    // MARK: GGUF

    /// llama.cpp tells how a block is made by whether there is a second norm.
    static let ownKeys =
        [ConfigurationField<GGUFValue>(key: "attention.layer_norm_epsilon", use: .read)]
        + [ConfigurationField<GGUFValue>(key: "use_parallel_residual", use: .harmless)]

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields, turnsWhole: false)
        return configuration(
            sizes, try fields.norm(.layer, hasBias: true), try fields.rotary(sizes),
            hasHeadNorm: fields.has("blk.0.attn_q_norm.weight"), hasBias: fields.has("blk.0.attn_q.bias"),
            isParallel: !fields.has("blk.0.ffn_norm.weight"))
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        guard !model.isTied else {
            throw GGUFDescription.refusal(
                "tie_word_embeddings", "true", "takes no stablelm without a head of its own")
        }
        description.set("use_parallel_residual", .bool(model.blocks[0].isParallel))
        if let rotary = model.blocks[0].attention.shape.rotary { try description.set(rotary, takesDivisors: false) }
    }
}
