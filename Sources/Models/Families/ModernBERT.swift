// ModernBERT: norms before sublayers but for the first, one projection for query, key and value and one for gate and value of the
// feed-forward network, and windows to both sides in most layers, with rotary positions of their own.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let modernbert = ModelFamily(
        name: "modernbert", className: "ModernBertModel", ggufArchitecture: "modern-bert",
        fields: FieldTable(fields: ConfigurationField.sharedOfEncoders + ModernBERT.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + ModernBERT.ownKeys), names: ModernBERT.names,
        read: ModernBERT.read, readGGUF: ModernBERT.read, write: ModernBERT.write,
        writeGGUF: nil)
}

private enum ModernBERT {
    /// Where no other number is said: transformers' defaults.
    private static let (window, localBase, globalBase, context, usualPattern) = (128, 10_000.0, 160_000.0, 8_192, 3)

    static let names = WeightNames(
        base: "model.",
        once: [
            WeightBinding(.embedding, "model.embeddings.tok_embeddings", gguf: "token_embd"),
            WeightBinding(.embeddingNorm, "model.embeddings.norm", gguf: "token_embd_norm"),
            WeightBinding(.finalNorm, "model.final_norm", gguf: "output_norm"),
        ],
        inLayer: [
            WeightBinding(.attentionNorm, "attn_norm", gguf: "attn_norm"),
            WeightBinding(.queryKeyValue, "attn.Wqkv", gguf: "attn_qkv"),
            WeightBinding(.attentionOutput, "attn.Wo", gguf: "attn_output"),
            WeightBinding(.feedForwardNorm, "mlp_norm", gguf: "ffn_norm"),
            WeightBinding(.gateUp, "mlp.Wi", gguf: "ffn_up"),
            WeightBinding(.down, "mlp.Wo", gguf: "ffn_down"),
        ], heads: ["head.", "decoder.", "classifier."])

    // MARK: What both files come to

    private struct Sizes {
        var width: Int
        var heads: Int
        var innerWidth: Int
        var vocabularySize: Int
        var contextLength: Int
        /// Of each layer.
        var isSliding: [Bool]
        /// As the files say it: all that a token sees, but for itself.
        var window: Int
        var biases = (attention: false, feedForward: false)
        var activation = Activation.gelu
        /// Of the network below the answers of a task.
        var classifier = Classifier()
    }

    private struct Classifier {
        var pooling = Pooling.first
        var hasBias = false
        var activation = Activation.gelu
    }

    private static func configuration(
        _ sizes: Sizes, norm: NormSpec, local: RotaryPositions, global: RotaryPositions, beginToken: Int?,
        endTokens: [Int]
    ) -> ModelConfiguration {
        let blocks = sizes.isSliding.enumerated().map { layer, isSliding in
            BlockSpec(
                // The embedding's norm is the first layer's.
                attention: AttentionSpec(
                    norm: layer == 0 ? nil : norm,
                    shape: AttentionShape(
                        heads: sizes.heads, groups: sizes.heads, headWidth: sizes.width / sizes.heads,
                        mask: .bidirectional, window: isSliding ? sizes.window / 2 : nil,
                        rotary: isSliding ? local : global),
                    projection: .fused(blocks: 1), hasInputBias: sizes.biases.attention,
                    hasOutputBias: sizes.biases.attention),
                feedForward: FeedForwardSpec(
                    norm: norm, width: sizes.innerWidth, activation: sizes.activation, projection: .fused(blocks: 1),
                    hasBias: sizes.biases.feedForward))
        }
        var model = ModelConfiguration(
            family: "modernbert", width: sizes.width, vocabularySize: sizes.vocabularySize,
            embedding: EmbeddingSpec(norm: norm), blocks: blocks, finalNorm: norm, reader: ReaderSpec(), isTied: true,
            contextLength: sizes.contextLength, beginToken: beginToken, endTokens: endTokens)
        let classifier = sizes.classifier
        let network = TaskHeadSpec.Layer(
            "head.dense", hasBias: classifier.hasBias, function: .activation(classifier.activation), norm: norm,
            normPath: "head.norm", isFrozen: true)
        model.taskHeads = .encoder(pooling: classifier.pooling, texts: [network], words: [network])
        return model
    }

    private static func headWidth(width: Int, heads: Int, key: String) throws -> Int {
        guard heads > 0, width % heads == 0 else {
            throw ModelConfigurationError.invalid(
                key: key, value: "\(heads)", expected: "a divisor of the width, \(width)")
        }
        return width / heads
    }

    // MARK: config.json

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read(
            "norm_eps", "norm_bias", "attention_bias", "mlp_bias", "hidden_activation", "local_attention",
            "classifier_pooling", "classifier_bias", "classifier_activation", mayBeNull: false)
        + ConfigurationField.read(
            "layer_types", "global_attn_every_n_layers", "global_rope_theta", "local_rope_theta", "rope_parameters",
            "rope_scaling", "head_dim")
        + ConfigurationField.harmless([
            "decoder_bias", "deterministic_flash_attn", "sparse_prediction", "sparse_pred_ignore_index",
            "initializer_cutoff_factor",
            "reference_compile", "repad_logits_with_grad", "layer_norm_eps", "position_embedding_type",
            // Not read by the family: the one above is.
            "hidden_act",
        ])
        + refused
        + ["embedding_dropout", "mlp_dropout"].map { ConfigurationField(key: $0, use: .trainingOnly([0, nil])) }

    private static let refused: [ConfigurationField<JSONValue>] = [
        // Another way to say local_attention, which no file takes.
        ConfigurationField(key: "sliding_window", use: .only([nil])),
        ConfigurationField(key: "original_max_position_embeddings", use: .only([nil])),
        ConfigurationField(key: "partial_rotary_factor", use: .only([nil, 1])),
    ]

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let width = try fields.optional("hidden_size") ?? 768, heads = try fields.optional("num_attention_heads") ?? 12
        let headWidth = try headWidth(width: width, heads: heads, key: "num_attention_heads")
        if let other = try fields.optional("head_dim"), other != headWidth {
            throw ModelConfigurationError.unsupported(key: "head_dim", value: "\(other)")
        }
        let layers = try ModelConfiguration.layers(
            fields.optional("num_hidden_layers") ?? 22, key: "num_hidden_layers")
        let contextLength = try fields.optional("max_position_embeddings") ?? context
        let sizes = Sizes(
            width: width, heads: heads, innerWidth: try fields.optional("intermediate_size") ?? 1_152,
            vocabularySize: try fields.optional("vocab_size") ?? 50_368, contextLength: contextLength,
            isSliding: try isSliding(fields, layers), window: try fields.optional("local_attention") ?? window,
            biases: (try fields.flag("attention_bias") ?? false, try fields.flag("mlp_bias") ?? false),
            activation: try fields.activation("hidden_activation", default: .gelu),
            classifier: Classifier(
                pooling: try pooling(fields), hasBias: try fields.flag("classifier_bias") ?? false,
                activation: try fields.activation("classifier_activation", default: .gelu)))
        func rotary(_ kind: String, _ key: String, _ usual: Double) throws -> RotaryPositions {
            try positions(fields, kind, base: fields.number(key) ?? usual, headWidth, contextLength)
        }
        return configuration(
            sizes,
            norm: NormSpec(
                .layer, epsilon: Float(try fields.number("norm_eps") ?? 1e-5),
                hasBias: try fields.flag("norm_bias") ?? false),
            local: try rotary("sliding_attention", "local_rope_theta", localBase),
            global: try rotary("full_attention", "global_rope_theta", globalBase), beginToken: fields.beginToken,
            endTokens: fields.endTokens)
    }

    private static func pooling(_ fields: HuggingFaceFields) throws -> Pooling {
        switch try fields.text("classifier_pooling") ?? "cls" {
        case "cls": .first
        case "mean": .mean
        case let other: throw ModelConfigurationError.unsupported(key: "classifier_pooling", value: other)
        }
    }

    private static func isSliding(_ fields: HuggingFaceFields, _ layers: Int) throws -> [Bool] {
        if let sliding = try fields.slidingLayers(layers) { return sliding }
        let pattern = try fields.optional("global_attn_every_n_layers") ?? usualPattern
        guard pattern > 0 else {
            throw ModelConfigurationError.invalid(
                key: "global_attn_every_n_layers", value: "\(pattern)", expected: "a number above 0")
        }
        return (0..<layers).map { $0 % pattern != 0 }
    }

    /// `rope_parameters` has an object for each kind of layer; `rope_scaling` changes both.
    private static func positions(
        _ fields: HuggingFaceFields, _ kind: String, base: Double, _ headWidth: Int, _ contextLength: Int
    ) throws -> RotaryPositions {
        let kinds = fields.json["rope_parameters"]
        if let other = kinds?.object?.members.first(where: {
            !["sliding_attention", "full_attention"].contains($0.key)
        }) {
            throw ModelConfigurationError.unsupported(
                key: "rope_parameters.\(other.key)", value: other.value.text(.compact))
        }
        var object = kinds?[kind]?.object ?? JSONObject()
        for (key, value) in fields.json["rope_scaling"]?.object?.members ?? [] { object[key] = value }
        if object["rope_theta"] == nil { object["rope_theta"] = .double(base) }
        return try RotaryFields(
            .object(JSONObject([("rope_parameters", .object(object))])), headWidth: headWidth,
            contextLength: contextLength
        ).positions
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let attentions = model.blocks.map(\.attention), block = model.blocks[0]
        let local = attentions.first { $0.shape.window != nil }?.shape
        let global = attentions.first { $0.shape.window == nil }?.shape
        var kinds = JSONObject()
        for (kind, shape) in [("sliding_attention", local), ("full_attention", global)] {
            guard let rotary = shape?.rotary else { continue }
            var object = JSONObject([("rope_type", "default")])
            for (key, value) in rotary.huggingFaceMembers(contextLength: model.contextLength) {
                // What scales stands in the object itself.
                guard let scaling = value.object else {
                    object[key] = value
                    continue
                }
                for (key, value) in scaling.members { object[key] = value }
            }
            kinds[kind] = .object(object)
        }
        let usual = model.finalNorm
        return [
            ("norm_eps", .double(Double("\(usual?.epsilon ?? 1e-5)") ?? 1e-5)),
            ("norm_bias", .bool(usual?.hasBias ?? false)), ("attention_bias", .bool(block.attention.hasOutputBias)),
            ("mlp_bias", .bool(block.feedForward.hasBias)),
            ("hidden_activation", .string(block.feedForward.activation.huggingFaceName)),
            ("local_attention", .integer(local?.window.map { 2 * $0 } ?? window)),
            ("layer_types", model.layerTypes), ("rope_parameters", .object(kinds)),
        ] + classifierMembers(model.taskHeads.texts)
    }

    private static func classifierMembers(_ head: TaskHeadSpec) -> [JSONObject.Member] {
        let network = head.layers[0]
        var members: [JSONObject.Member] = [
            ("classifier_pooling", head.pooling == .mean ? "mean" : "cls"), ("classifier_bias", .bool(network.hasBias)),
        ]
        if case .activation(let activation) = network.function {
            members.append(("classifier_activation", .string(activation.huggingFaceName)))
        }
        return members
    }

    // MARK: GGUF

    static let ownKeys: [ConfigurationField<GGUFValue>] =
        [
            "attention.layer_norm_epsilon", "attention.sliding_window", "attention.sliding_window_pattern",
            "rope.freq_base_swa", "pooling_type",
        ].map { ConfigurationField(key: $0, use: .read) }
        + [
            ConfigurationField(key: "attention.causal", use: .only([.bool(false)])),
            ConfigurationField(key: "rope.scaling.type", use: .only([.text("none")])),
        ]
        + ["rope.scaling.factor", "rope.scale_linear", "rope.scaling.attn_factor"].map {
            ConfigurationField(key: $0, use: .only([.uint32(0), .uint32(1)]))
        }

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let width = try fields.required("embedding_length"), heads = try fields.heads(), layers = try fields.layers()
        _ = try headWidth(width: width, heads: heads, key: "attention.head_count")
        let headWidth = try fields.headWidth(width: width, heads: heads)
        if let groups = try fields.optional("attention.head_count_kv"), groups != heads {
            throw ModelConfigurationError.unsupported(key: "attention.head_count_kv", value: "\(groups)")
        }
        let pattern = max(1, try fields.optional("attention.sliding_window_pattern") ?? usualPattern)
        let sizes = Sizes(
            width: width, heads: heads, innerWidth: try fields.required("feed_forward_length"),
            vocabularySize: try fields.vocabularySize(),
            contextLength: try fields.optional("context_length") ?? context,
            isSliding: (0..<layers).map { $0 % pattern != 0 },
            window: try fields.optional("attention.sliding_window") ?? window)
        func rotary(_ key: String, _ usual: Double) throws -> RotaryPositions {
            RotaryPositions(headWidth: headWidth, base: try fields.number(key) ?? usual)
        }
        return configuration(
            sizes, norm: try fields.norm(.layer), local: try rotary("rope.freq_base_swa", localBase),
            global: try rotary("rope.freq_base", globalBase), beginToken: fields.beginToken,
            endTokens: fields.endTokens)
    }
}
