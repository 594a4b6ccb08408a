// Falcon: layer norms with biases, one projection in which each key head has its query heads, its key and its value, a plain network;
// attention and network side by side from one norm or from two, or one after the other.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let falcon = ModelFamily(
        name: "falcon", className: "FalconForCausalLM", ggufArchitecture: "falcon", ownNames: Falcon.ownNames,
        scaledModules: ScaledModules(outputs: ["query_key_value"], inputs: ["dense_4h_to_h"]),
        fields: FieldTable(fields: ConfigurationField.shared + Falcon.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + Falcon.ownKeys), names: Falcon.names,
        read: Falcon.read, readGGUF: Falcon.read, write: Falcon.write, writeGGUF: Falcon.write)
}

private enum Falcon {
    private static let defaults = DecoderFields.Defaults(contextLength: 2_048, isTied: true)

    static let names = WeightNames(
        layers: "transformer.h.", base: "transformer.",
        once: [
            WeightBinding(.embedding, "transformer.word_embeddings", gguf: "token_embd"),
            WeightBinding(.finalNorm, "transformer.ln_f", gguf: "output_norm"),
            WeightBinding(.head, "lm_head", gguf: "output"),
        ],
        inLayer: [
            WeightBinding(.attentionNorm, "input_layernorm", gguf: "attn_norm"),
            WeightBinding(.besideAttentionNorm, "ln_attn", gguf: "attn_norm_2"),
            // Where the two have a norm each; else the only one is called so in GGUF.
            WeightBinding(.besideFeedForwardNorm, "ln_mlp", gguf: "attn_norm", beside: "attn_norm_2"),
            WeightBinding(.queryKeyValue, "self_attention.query_key_value", gguf: "attn_qkv", .partByPart),
            WeightBinding(.attentionOutput, "self_attention.dense", gguf: "attn_output"),
            WeightBinding(.feedForwardNorm, "post_attention_layernorm", gguf: "ffn_norm"),
            WeightBinding(.up, "mlp.dense_h_to_4h", gguf: "ffn_up"),
            WeightBinding(.down, "mlp.dense_4h_to_h", gguf: "ffn_down"),
        ])

    /// How attention and network stand to one another.
    private enum Arrangement { case oneNorm, twoNorms, oneAfterTheOther }

    private static func configuration(
        _ sizes: DecoderFields, _ norm: NormSpec, _ rotary: RotaryPositions, _ arrangement: Arrangement,
        activation: Activation, hasBias: Bool
    ) -> ModelConfiguration {
        let block = BlockSpec(
            attention: AttentionSpec(
                norm: norm, shape: sizes.shape(rotary: rotary), projection: .fused(blocks: sizes.groups),
                hasInputBias: hasBias, hasOutputBias: hasBias),
            feedForward: FeedForwardSpec(
                norm: norm, width: sizes.innerWidth, activation: activation, isGated: false, hasBias: hasBias),
            isParallel: arrangement != .oneAfterTheOther, sharesNorm: arrangement == .oneNorm)
        var model = sizes.configuration(
            family: "falcon", blocks: Array(repeating: block, count: sizes.layers), finalNorm: norm)
        model.taskHeads = .decoder(words: "classifier")
        return model
    }

    // MARK: config.json

    static let ownNames: [String: String?] = [
        "num_key_value_heads": "num_kv_heads", "intermediate_size": "ffn_hidden_size",
        "layer_norm_eps": "layer_norm_epsilon", "head_dim": nil,
    ]

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read(
            "num_kv_heads", "ffn_hidden_size", "num_ln_in_parallel_attn", "new_decoder_architecture", "multi_query",
            "parallel_attn", "bias",
            "activation")
        + ConfigurationField.read("layer_norm_epsilon", mayBeNull: false)
        + ConfigurationField.harmless([
            "hidden_act", "head_dim", "rms_norm_eps", "num_key_value_heads", "intermediate_size", "layer_norm_eps",
            "apply_residual_connection_post_layernorm",
        ])
        + [
            ConfigurationField(key: "alibi", use: .only([false, nil])),
            ConfigurationField(key: "hidden_dropout", use: .trainingOnly([0, nil])),
        ]

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let isNew = try fields.flag("new_decoder_architecture") ?? false
        let isParallel = try fields.flag("parallel_attn") ?? true
        var json = fields.json.object ?? JSONObject()
        if json["intermediate_size"]?.isNull != false {
            json["intermediate_size"] = .integer(4 * (try fields.required("hidden_size")))
        }
        if !isNew, try fields.flag("multi_query") ?? true { json["num_key_value_heads"] = 1 }
        let sizes = try DecoderFields(HuggingFaceFields(.object(json)), defaults)
        guard isNew || sizes.groups == 1 || sizes.groups == sizes.heads else {
            throw ModelConfigurationError.invalid(
                key: "num_kv_heads", value: "\(sizes.groups)",
                expected: "as many as num_attention_heads where new_decoder_architecture is false")
        }
        let rotary = try RotaryFields(
            fields.json, headWidth: sizes.headWidth, contextLength: sizes.contextLength)
        return configuration(
            sizes, try fields.layerNorm(hasBias: true), rotary.positions,
            try arrangement(isNew: isNew, isParallel: isParallel, norms: fields.optional("num_ln_in_parallel_attn")),
            activation: try fields.activation("activation", default: .gelu), hasBias: try fields.flag("bias") ?? false)
    }

    private static func arrangement(isNew: Bool, isParallel: Bool, norms: Int?) throws -> Arrangement {
        let norms = norms ?? (isNew ? 2 : 1)
        switch (isNew, isParallel, norms) {
        case (true, true, 2): return .twoNorms
        case (true, true, 1), (false, true, 1): return .oneNorm
        case (false, false, 1): return .oneAfterTheOther
        default:
            throw ModelConfigurationError.unsupported(
                key: "num_ln_in_parallel_attn",
                value: "\(norms) with new_decoder_architecture \(isNew) and parallel_attn \(isParallel)")
        }
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let block = model.blocks[0], shape = block.attention.shape
        let isNew = block.isParallel && (!block.sharesNorm || (shape.groups != 1 && shape.groups != shape.heads))
        return (shape.rotary?.huggingFaceMembers(contextLength: model.contextLength) ?? []) + [
            ("activation", .string(block.feedForward.activation.huggingFaceName)),
            ("tie_word_embeddings", .bool(model.isTied)), ("bias", .bool(block.feedForward.hasBias)),
            ("alibi", false), ("new_decoder_architecture", .bool(isNew)), ("parallel_attn", .bool(block.isParallel)),
            ("multi_query", .bool(!isNew && shape.groups == 1)),
            ("num_ln_in_parallel_attn", isNew ? .integer(block.sharesNorm ? 1 : 2) : .null),
        ]
    }

    // MARK: GGUF

    static let ownKeys = [ConfigurationField<GGUFValue>(key: "attention.layer_norm_epsilon", use: .read)]

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields)
        return configuration(
            sizes, try fields.norm(.layer, hasBias: true), try fields.rotary(sizes),
            fields.has("blk.0.attn_norm_2.weight") ? .twoNorms : .oneNorm, activation: .gelu,
            hasBias: fields.has("blk.0.ffn_up.bias"))
    }

    /// llama.cpp takes the tanh form of the activation, as for all of the family.
    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        let block = model.blocks[0]
        try description.requireActivation(.gelu, of: block, key: "activation")
        guard block.isParallel else {
            throw GGUFDescription.refusal("parallel_attn", "false", "has attention and network of falcon side by side")
        }
        guard !block.feedForward.hasBias else {
            throw GGUFDescription.refusal("bias", "true", "knows no biases for falcon")
        }
        if let rotary = block.attention.shape.rotary { try description.set(rotary, takesDivisors: false) }
    }
}
