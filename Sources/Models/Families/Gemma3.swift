// Gemma 3, text: norms before and after each sublayer whose weights are stored less 1, norms over heads, a GELU gate, scaled
// embeddings, and windows in most layers, with rotary positions of their own.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let gemma3 = ModelFamily(
        name: "gemma3_text", className: "Gemma3ForCausalLM", ggufArchitecture: "gemma3", taskClasses: [.texts],
        classStem: "Gemma3Text",
        scaledModules: ScaledModules(outputs: ["q_proj", "v_proj"], inputs: ["down_proj"]),
        fields: FieldTable(fields: ConfigurationField.shared + Gemma3.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + Gemma3.ownKeys), names: Gemma3.names, read: Gemma3.read,
        readGGUF: Gemma3.read, write: Gemma3.write, writeGGUF: Gemma3.write)
}

private enum Gemma3 {
    /// Where no other number is said: transformers' defaults.
    private static let (window, localBase, globalBase, context) = (4_096, 10_000.0, 1_000_000.0, 131_072)
    /// Each sixth layer sees everything before it.
    private static let usualPattern = 6

    // MARK: Names

    static let names = WeightNames(
        once: .decoder(norm: .plusOne),
        inLayer: .gemmaNorms + .attention() + .headNorms(.plusOne) + .gatedNetwork)

    // MARK: What both files come to

    /// A configuration from what the files say in their own words.
    /// - Parameter isSliding: of each layer.
    private static func configuration(
        width: Int, innerWidth: Int, shape: (heads: Int, groups: Int, headWidth: Int, scale: Float), norm: NormSpec,
        isSliding: [Bool], window: Int, local: RotaryPositions, global: RotaryPositions, hasBias: Bool,
        vocabularySize: Int, isTied: Bool, contextLength: Int, beginToken: Int?, endTokens: [Int]
    ) -> ModelConfiguration {
        ModelConfiguration(
            family: "gemma3_text", width: width, vocabularySize: vocabularySize,
            embedding: EmbeddingSpec(scale: Float(width).squareRoot()),
            blocks: isSliding.map { isSliding in
                BlockSpec(
                    attention: AttentionSpec(
                        norm: norm, headNorm: norm, outputNorm: norm,
                        shape: AttentionShape(
                            heads: shape.heads, groups: shape.groups, headWidth: shape.headWidth, scale: shape.scale,
                            window: isSliding ? window : nil, rotary: isSliding ? local : global),
                        hasInputBias: hasBias, hasOutputBias: hasBias),
                    feedForward: FeedForwardSpec(norm: norm, outputNorm: norm, width: innerWidth, activation: .geluTanh)
                )
            },
            finalNorm: norm, isTied: isTied, contextLength: contextLength, beginToken: beginToken,
            endTokens: endTokens)
    }

    // MARK: config.json

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read(
            "query_pre_attn_scalar", "sliding_window", "attention_bias", "rope_local_base_freq", mayBeNull: false)
        + ConfigurationField.read("layer_types", "sliding_window_pattern", "final_logit_softcapping")
        + [
            ConfigurationField(key: "hidden_activation", use: .only(["gelu_pytorch_tanh", nil])),
            // Not read by the family, whatever it says: the one above is.
            ConfigurationField(key: "hidden_act", use: .harmless),
            ConfigurationField(key: "attn_logit_softcapping", use: .only([nil])),
            ConfigurationField(key: "use_bidirectional_attention", use: .only([false, nil])),
            ConfigurationField(key: "_sliding_window_pattern", use: .harmless),
            ConfigurationField(key: "use_sliding_window", use: .harmless),
        ]

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let layers = try fields.layers(), headWidth = try fields.optional("head_dim") ?? 256
        let contextLength = try fields.optional("max_position_embeddings") ?? context
        let rotary = try rotary(fields, headWidth: headWidth, contextLength: contextLength)
        var model = configuration(
            width: try fields.required("hidden_size"), innerWidth: try fields.required("intermediate_size"),
            shape: (
                try fields.required("num_attention_heads"), try fields.optional("num_key_value_heads") ?? 4, headWidth,
                try scale(fields)
            ),
            norm: try fields.norm(offset: 1), isSliding: try fields.slidingLayers(layers, usually: usualPattern),
            window: try fields.optional("sliding_window") ?? window, local: rotary.local, global: rotary.global,
            hasBias: try fields.flag("attention_bias") ?? false, vocabularySize: try fields.required("vocab_size"),
            isTied: try fields.flag("tie_word_embeddings") ?? true, contextLength: contextLength,
            beginToken: fields.beginToken, endTokens: fields.endTokens)
        if let cap = try fields.number("final_logit_softcapping") {
            model.head.softcap = Float(try fields.multiplier("final_logit_softcapping", usual: cap))
        }
        return model
    }

    private static func scale(_ fields: HuggingFaceFields) throws -> Float {
        let scalar = try fields.number("query_pre_attn_scalar") ?? 256
        guard scalar > 0, scalar.isFinite else {
            throw ModelConfigurationError.invalid(
                key: "query_pre_attn_scalar", value: "\(scalar)", expected: "a number above 0")
        }
        return Float(1 / scalar.squareRoot())
    }

    /// `rope_parameters` has an object for each kind of layer; `rope_scaling` changes that of the layers without a window.
    private static func rotary(
        _ fields: HuggingFaceFields, headWidth: Int, contextLength: Int
    ) throws -> (local: RotaryPositions, global: RotaryPositions) {
        let kinds = fields.json["rope_parameters"]
        func positions(_ kind: String, base: Double, changes: JSONValue? = nil) throws -> RotaryPositions {
            var object = kinds?[kind]?.object ?? JSONObject()
            for (key, value) in changes?.object?.members ?? [] { object[key] = value }
            if object["rope_theta"] == nil { object["rope_theta"] = .double(base) }
            var json = JSONObject([("rope_parameters", .object(object))])
            for key in ["original_max_position_embeddings", "partial_rotary_factor"] { json[key] = fields.json[key] }
            return try RotaryFields(.object(json), headWidth: headWidth, contextLength: contextLength).positions
        }
        if let other = kinds?.object?.members.first(where: {
            !["sliding_attention", "full_attention"].contains($0.key)
        }) {
            throw ModelConfigurationError.unsupported(
                key: "rope_parameters.\(other.key)", value: other.value.text(.compact))
        }
        return (
            try positions("sliding_attention", base: fields.number("rope_local_base_freq") ?? localBase),
            try positions(
                "full_attention", base: fields.number("rope_theta") ?? globalBase,
                changes: fields.json["rope_scaling"])
        )
    }

    static func write(_ configuration: ModelConfiguration) -> [JSONObject.Member] {
        let attentions = configuration.blocks.map(\.attention)
        let local = attentions.first { $0.shape.window != nil }, global = attentions.first { $0.shape.window == nil }
        // A whole number in all of the family's models, and to transformers.
        let scale = Double(attentions[0].shape.scale), scalar = Int((1 / (scale * scale)).rounded())
        var members: [JSONObject.Member] = [
            ("hidden_activation", "gelu_pytorch_tanh"), ("tie_word_embeddings", .bool(configuration.isTied)),
            ("query_pre_attn_scalar", .integer(scalar)),
            ("attention_bias", .bool(attentions[0].hasInputBias)), ("layer_types", configuration.layerTypes),
        ]
        if let cap = configuration.head.softcap { members.append(("final_logit_softcapping", .double(cap.written))) }
        if let window = local?.shape.window { members.append(("sliding_window", .integer(window))) }
        if let rotary = local?.shape.rotary { members.append(("rope_local_base_freq", .double(rotary.base))) }
        if let rotary = global?.shape.rotary {
            members += rotary.huggingFaceMembers(contextLength: configuration.contextLength)
        }
        return members
    }

    // MARK: GGUF

    /// llama.cpp computes with the window and the bases that it knows of the family; newer files say them.
    static let ownKeys: [ConfigurationField<GGUFValue>] =
        ["attention.sliding_window", "attention.sliding_window_pattern", "rope.freq_base_swa"].map {
            ConfigurationField(key: $0, use: .read)
        }

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let width = try fields.required("embedding_length"), heads = try fields.heads(), layers = try fields.layers()
        let headWidth = try fields.headWidth(width: width, heads: heads)
        let contextLength = try fields.optional("context_length") ?? context
        let base = try fields.number("rope.freq_base") ?? globalBase
        return configuration(
            width: width, innerWidth: try fields.required("feed_forward_length"),
            shape: (
                heads, try fields.optional("attention.head_count_kv") ?? heads, headWidth,
                scale(layers: layers, width: width, heads: heads, headWidth: headWidth)
            ),
            norm: try fields.norm(offset: 1), isSliding: try fields.slidingLayers(layers, usually: usualPattern),
            window: try fields.optional("attention.sliding_window") ?? window,
            local: RotaryPositions(
                headWidth: headWidth, base: try fields.number("rope.freq_base_swa") ?? localBase),
            global: RotaryPositions(
                headWidth: headWidth, base: base,
                scaling: try fields.rotaryScaling(base: base, width: headWidth, contextLength: contextLength)),
            hasBias: false, vocabularySize: try fields.vocabularySize(), isTied: !fields.has("output.weight"),
            contextLength: contextLength, beginToken: fields.beginToken, endTokens: fields.endTokens)
    }

    /// What llama.cpp multiplies products of queries and keys with: of the family's models the one of 62 layers alone scales by the
    /// width that its heads would share.
    private static func scale(layers: Int, width: Int, heads: Int, headWidth: Int) -> Float {
        1 / Float(layers == 62 ? width / heads : headWidth).squareRoot()
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        let attentions = model.blocks.map(\.attention), shape = attentions[0].shape
        let scale = scale(layers: model.layers, width: model.width, heads: shape.heads, headWidth: shape.headWidth)
        guard abs(shape.scale - scale) <= 1e-6 * scale else {
            let scalar = { (scale: Float) in "\((1 / (scale * scale)).rounded())" }
            throw GGUFDescription.refusal(
                "query_pre_attn_scalar", scalar(shape.scale), "takes \(scalar(scale)) for a model of these sizes")
        }
        if let cap = model.head.softcap {
            throw GGUFDescription.refusal("final_logit_softcapping", "\(cap)", "caps no logits of gemma3")
        }
        guard !attentions[0].hasInputBias, !attentions[0].hasOutputBias else {
            throw GGUFDescription.refusal("attention_bias", "true", "knows no biases for gemma3")
        }
        let local = attentions.first { $0.shape.window != nil }?.shape
        let global = attentions.first { $0.shape.window == nil }?.shape
        try description.set(layersOf: attentions.map { $0.shape.window != nil }, usually: usualPattern)
        description.set("attention.sliding_window", local?.window ?? window)
        try description.set(global?.rotary ?? RotaryPositions(headWidth: shape.headWidth, base: globalBase), local)
    }
}

extension GGUFDescription {
    /// The rotary positions of layers without a window, and of those with one, which llama.cpp never stretches. What it knows of YaRN
    /// would change both.
    fileprivate mutating func set(_ global: RotaryPositions, _ local: AttentionShape?) throws {
        switch global.scaling {
        case .none, .linear: try set(global, takesDivisors: false)
        default: throw Self.refusal("rope_scaling", global.scaling.name, "stretches gemma3 by linear factors alone")
        }
        guard let local = local?.rotary else { return }
        guard local.scaling == .none else {
            throw Self.refusal("rope_scaling", local.scaling.name, "stretches no layer of gemma3 that has a window")
        }
        set("rope.freq_base_swa", Float(local.base))
    }
}
