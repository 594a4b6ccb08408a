// GPT-2: layer norms with biases, one projection for query, key and value, a plain network, learned positions, and weights that its
// files hold as [in, out].

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let gpt2 = ModelFamily(
        name: "gpt2", className: "GPT2LMHeadModel", ggufArchitecture: "gpt2", aliases: GPT2.aliases,
        ownNames: GPT2.ownNames,
        scaledModules: ScaledModules(outputs: ["c_attn"], inputs: ["mlp.c_proj"]),
        fields: FieldTable(fields: ConfigurationField.shared + GPT2.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + GPT2.ownKeys), names: GPT2.names, read: GPT2.read,
        readGGUF: GPT2.read, write: GPT2.write, writeGGUF: GPT2.write)
}

private enum GPT2 {
    private static let defaults = DecoderFields.Defaults(contextLength: 1_024, isTied: true)

    static let names = WeightNames(
        layers: "transformer.h.", base: "transformer.", buffers: ["attn.bias", "attn.masked_bias"],
        once: [
            WeightBinding(.embedding, "transformer.wte", gguf: "token_embd"),
            WeightBinding(.positionEmbedding, "transformer.wpe", gguf: "position_embd"),
            WeightBinding(.finalNorm, "transformer.ln_f", gguf: "output_norm"),
            WeightBinding(.head, "lm_head", gguf: "output"),
        ],
        inLayer: [
            WeightBinding(.attentionNorm, "ln_1", gguf: "attn_norm"),
            WeightBinding(.queryKeyValue, "attn.c_attn", gguf: "attn_qkv", isTransposed: true),
            WeightBinding(.attentionOutput, "attn.c_proj", gguf: "attn_output", isTransposed: true),
            WeightBinding(.feedForwardNorm, "ln_2", gguf: "ffn_norm"),
            WeightBinding(.up, "mlp.c_fc", gguf: "ffn_up", isTransposed: true),
            WeightBinding(.down, "mlp.c_proj", gguf: "ffn_down", isTransposed: true),
        ])

    /// - Parameter scale: of products of queries and keys in a layer.
    private static func configuration(
        _ sizes: DecoderFields, _ norm: NormSpec, positions: Int, activation: Activation, scale: (Int) -> Float?
    ) -> ModelConfiguration {
        var model = sizes.configuration(
            family: "gpt2",
            blocks: (0..<sizes.layers).map { layer in
                let shape = AttentionShape(
                    heads: sizes.heads, groups: sizes.heads, headWidth: sizes.headWidth, scale: scale(layer),
                    rotary: nil)
                return BlockSpec(
                    attention: AttentionSpec(
                        norm: norm, shape: shape, projection: .fused(blocks: 1), hasInputBias: true,
                        hasOutputBias: true),
                    feedForward: FeedForwardSpec(
                        norm: norm, width: sizes.innerWidth, activation: activation, isGated: false, hasBias: true))
            },
            finalNorm: norm)
        model.embedding.positions = LearnedPositions(count: positions)
        model.taskHeads = .decoder(words: "classifier")
        return model
    }

    // MARK: config.json

    static let aliases = [
        "hidden_size": "n_embd", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head",
        "max_position_embeddings": "n_positions",
    ]
    static let ownNames: [String: String?] = [
        "intermediate_size": "n_inner", "layer_norm_eps": "layer_norm_epsilon", "num_key_value_heads": nil,
        "head_dim": nil,
    ]

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read(
            "n_embd", "n_layer", "n_head", "n_positions", "layer_norm_epsilon", "scale_attn_weights",
            "scale_attn_by_inverse_layer_idx", "activation_function", mayBeNull: false)
        + ConfigurationField.read("n_inner")
        // Of attention over other texts, of precision that is kept anyway, and of other heads than the language model's.
        + ConfigurationField.harmless([
            "n_ctx", "reorder_and_upcast_attn", "summary_type", "summary_use_proj", "summary_activation",
            "summary_proj_to_labels", "summary_first_dropout", "hidden_act", "rms_norm_eps", "rope_theta",
            "rope_scaling", "rope_parameters", "partial_rotary_factor", "original_max_position_embeddings",
            "num_key_value_heads", "head_dim", "intermediate_size", "layer_norm_eps",
        ])
        + ["resid_pdrop", "embd_pdrop", "attn_pdrop"].map {
            ConfigurationField(key: $0, use: .trainingOnly([0, nil]))
        }

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        var json = fields.json.object ?? JSONObject()
        // Where it is not said, the network is four times as wide.
        if json["intermediate_size"]?.isNull != false {
            json["intermediate_size"] = .integer(4 * (try fields.required("hidden_size")))
        }
        let sizes = try DecoderFields(HuggingFaceFields(.object(json)), defaults)
        let isScaled = try fields.flag("scale_attn_weights") ?? true
        let byLayer = try fields.flag("scale_attn_by_inverse_layer_idx") ?? false
        return configuration(
            sizes, try fields.layerNorm(hasBias: true), positions: sizes.contextLength,
            activation: try fields.activation("activation_function", default: .geluTanh)
        ) { layer in
            guard byLayer || !isScaled else { return nil }
            return (isScaled ? 1 / Float(sizes.headWidth).squareRoot() : 1) / (byLayer ? Float(layer + 1) : 1)
        }
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let block = model.blocks[0], shape = block.attention.shape
        let usual = 1 / Float(shape.headWidth).squareRoot()
        let activation = block.feedForward.activation
        return [
            ("activation_function", .string(activation == .geluTanh ? "gelu_new" : activation.huggingFaceName)),
            ("tie_word_embeddings", .bool(model.isTied)), ("scale_attn_weights", .bool(shape.scale == usual)),
            (
                "scale_attn_by_inverse_layer_idx",
                .bool(model.blocks.contains { $0.attention.shape.scale != shape.scale })
            ),
        ]
    }

    // MARK: GGUF

    static let ownKeys = [ConfigurationField<GGUFValue>(key: "attention.layer_norm_epsilon", use: .read)]

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields)
        let positions = fields.gguf.entry("position_embd.weight")?.shape.sizes.first ?? sizes.contextLength
        return configuration(
            sizes, try fields.norm(.layer, hasBias: true), positions: positions, activation: .geluTanh
        ) { _ in nil }
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        let block = model.blocks[0], shape = block.attention.shape
        try description.requireActivation(.geluTanh, of: block, key: "activation_function")
        guard model.blocks.allSatisfy({ $0.attention.shape.scale == 1 / Float(shape.headWidth).squareRoot() }) else {
            throw GGUFDescription.refusal(
                "scale_attn_weights", "another scale", "divides products by the root of a head's width")
        }
    }
}
