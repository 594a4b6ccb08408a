// GPT-NeoX and Pythia: layer norms with biases, one projection in which each head has its query, key and value, a part of each head that
// turns, a plain network; attention and network side by side, each from a norm of its own, or one after the other.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let gptNeoX = ModelFamily(
        name: "gpt_neox", className: "GPTNeoXForCausalLM", ggufArchitecture: "gptneox", ownNames: GPTNeoX.ownNames,
        scaledModules: ScaledModules(outputs: ["query_key_value"], inputs: ["dense_4h_to_h"]),
        fields: FieldTable(fields: ConfigurationField.shared + GPTNeoX.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + GPTNeoX.ownKeys), names: GPTNeoX.names,
        read: GPTNeoX.read, readGGUF: GPTNeoX.read, write: GPTNeoX.write, writeGGUF: GPTNeoX.write)
}

private enum GPTNeoX {
    private static let defaults = DecoderFields.Defaults(contextLength: 2_048)
    private static let share = RotaryFields.Share(key: "rotary_pct", usual: 0.25)

    static let names = WeightNames(
        layers: "gpt_neox.layers.", base: "gpt_neox.", buffers: ["attention.bias", "attention.masked_bias"],
        once: [
            WeightBinding(.embedding, "gpt_neox.embed_in", gguf: "token_embd"),
            WeightBinding(.finalNorm, "gpt_neox.final_layer_norm", gguf: "output_norm"),
            WeightBinding(.head, "embed_out", gguf: "output"),
        ],
        inLayer: [
            WeightBinding(.attentionNorm, "input_layernorm", gguf: "attn_norm"),
            WeightBinding(.queryKeyValue, "attention.query_key_value", gguf: "attn_qkv", .partByPart),
            WeightBinding(.attentionOutput, "attention.dense", gguf: "attn_output"),
            WeightBinding(.feedForwardNorm, "post_attention_layernorm", gguf: "ffn_norm"),
            WeightBinding(.up, "mlp.dense_h_to_4h", gguf: "ffn_up"),
            WeightBinding(.down, "mlp.dense_4h_to_h", gguf: "ffn_down"),
        ])

    private static func configuration(
        _ sizes: DecoderFields, _ norm: NormSpec, _ rotary: RotaryPositions, activation: Activation, hasBias: Bool,
        isParallel: Bool
    ) -> ModelConfiguration {
        let block = BlockSpec(
            attention: AttentionSpec(
                norm: norm, shape: sizes.shape(rotary: rotary), projection: .fused(blocks: sizes.heads),
                hasInputBias: hasBias, hasOutputBias: hasBias),
            feedForward: FeedForwardSpec(
                norm: norm, width: sizes.innerWidth, activation: activation, isGated: false, hasBias: true),
            isParallel: isParallel)
        var model = sizes.configuration(
            family: "gpt_neox", blocks: Array(repeating: block, count: sizes.layers), finalNorm: norm)
        model.taskHeads = .decoder(words: "classifier")
        return model
    }

    // MARK: config.json

    static let ownNames: [String: String?] = ["num_key_value_heads": nil, "head_dim": nil]

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read(
            "hidden_act", "layer_norm_eps", "attention_bias", "use_parallel_residual", "rotary_pct", "rotary_emb_base",
            mayBeNull: false)
        + ConfigurationField.harmless([
            "num_key_value_heads", "head_dim", "classifier_dropout", "rms_norm_eps",
            // Of other names here, which transformers asks for first.
            "partial_rotary_factor", "rope_theta",
        ])
        + [ConfigurationField(key: "hidden_dropout", use: .trainingOnly([0, nil]))]

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        var json = fields.json.object ?? JSONObject()
        // The base has a name of its own here, beside the object of both.
        json["rope_theta"] = json["rotary_emb_base"]
        let own = HuggingFaceFields(.object(json)), sizes = try DecoderFields(own, defaults)
        return configuration(
            sizes, try fields.layerNorm(hasBias: true),
            try RotaryFields(
                own.json, headWidth: sizes.headWidth, contextLength: sizes.contextLength, share: share
            ).positions,
            activation: try fields.activation("hidden_act", default: .gelu),
            hasBias: try fields.flag("attention_bias") ?? true,
            isParallel: try fields.flag("use_parallel_residual") ?? true)
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let block = model.blocks[0], rotary = block.attention.shape.rotary
        return (rotary?.huggingFaceMembers(contextLength: model.contextLength) ?? []).map {
            ($0.key == "rope_theta" ? "rotary_emb_base" : $0.key, $0.value)
        } + [
            ("rotary_pct", .double(rotary?.share ?? 1)),
            ("hidden_act", .string(block.feedForward.activation.huggingFaceName)),
            ("tie_word_embeddings", .bool(model.isTied)), ("attention_bias", .bool(block.attention.hasInputBias)),
            ("use_parallel_residual", .bool(block.isParallel)),
        ]
    }

    // MARK: GGUF

    static let ownKeys =
        ["attention.layer_norm_epsilon", "use_parallel_residual"].map {
            ConfigurationField<GGUFValue>(key: $0, use: .read)
        }

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields, turnsWhole: false)
        return configuration(
            sizes, try fields.norm(.layer, hasBias: true), try fields.rotary(sizes), activation: .gelu,
            hasBias: fields.has("blk.0.attn_qkv.bias"),
            isParallel: fields.gguf.architectureValue("use_parallel_residual")?.bool ?? true)
    }

    /// llama.cpp takes the tanh form of the activation, as for all of the family.
    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        let block = model.blocks[0]
        try description.requireActivation(.gelu, of: block, key: "hidden_act")
        guard block.attention.hasInputBias else {
            throw GGUFDescription.refusal("attention_bias", "false", "takes no gptneox without biases")
        }
        guard !model.isTied else {
            throw GGUFDescription.refusal("tie_word_embeddings", "true", "takes no gptneox without a head of its own")
        }
        description.set("use_parallel_residual", .bool(block.isParallel))
        if let rotary = block.attention.shape.rotary { try description.set(rotary, takesDivisors: false) }
    }
}
