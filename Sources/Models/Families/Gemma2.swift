// Gemma 2: norms before and after each sublayer whose weights are stored less 1, a GELU gate, scaled embeddings, capped scores and
// logits, and a window in every other layer.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let gemma2 = ModelFamily(
        name: "gemma2", className: "Gemma2ForCausalLM", ggufArchitecture: "gemma2",
        scaledModules: ScaledModules(outputs: ["q_proj", "v_proj"], inputs: ["down_proj"]),
        fields: FieldTable(fields: ConfigurationField.shared + Gemma2.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + Gemma2.ownKeys), names: Gemma2.names, read: Gemma2.read,
        readGGUF: Gemma2.read, write: Gemma2.write, writeGGUF: Gemma2.write)
}

private enum Gemma2 {
    private static let defaults = DecoderFields.Defaults(
        contextLength: 8_192, groups: 4, isTied: true, headWidth: 256)
    /// `sliding_window`, `attn_logit_softcapping` and `final_logit_softcapping` where a file is silent.
    private static let (usualWindow, scoreCap, logitCap) = (4_096, 50.0, 30.0)
    /// Each second layer sees everything before it.
    private static let usualPattern = 2

    static let names = WeightNames(
        once: .decoder(norm: .plusOne), inLayer: .gemmaNorms + .attention() + .gatedNetwork)

    /// What a file says beside sizes.
    private struct Own {
        let scale: Float
        let scoreCap: Float?
        let logitCap: Float?
        let isSliding: [Bool]
        let window: Int?
        let hasBias: Bool
    }

    private static func configuration(
        _ sizes: DecoderFields, _ own: Own, _ norm: NormSpec, _ rotary: RotaryPositions
    ) -> ModelConfiguration {
        let blocks = own.isSliding.map { isSliding in
            var shape = sizes.shape(rotary: rotary, window: isSliding ? own.window : nil)
            (shape.scale, shape.softcap) = (own.scale, own.scoreCap)
            return BlockSpec(
                attention: AttentionSpec(
                    norm: norm, outputNorm: norm, shape: shape, hasInputBias: own.hasBias, hasOutputBias: own.hasBias),
                feedForward: FeedForwardSpec(
                    norm: norm, outputNorm: norm, width: sizes.innerWidth, activation: .geluTanh))
        }
        var model = sizes.configuration(
            family: "gemma2", blocks: blocks, finalNorm: norm, head: HeadSpec(softcap: own.logitCap))
        model.embedding.scale = Float(sizes.width).squareRoot()
        return model
    }

    // MARK: config.json

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read("query_pre_attn_scalar", "attention_bias", mayBeNull: false)
        + ConfigurationField.read(
            "attn_logit_softcapping", "final_logit_softcapping", "sliding_window", "layer_types")
        + [
            ConfigurationField(key: "hidden_activation", use: .only(["gelu_pytorch_tanh"]), mayBeNull: false),
            // Not read by the family, whatever it says: the one above is.
            ConfigurationField(key: "hidden_act", use: .harmless),
            ConfigurationField(key: "use_bidirectional_attention", use: .only([false, nil])),
        ]
        + ConfigurationField.harmless(["cache_implementation", "use_sliding_window", "sliding_window_pattern"])

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields, defaults)
        // Null is none; where the field is not there, transformers has one all the same.
        func cap(_ key: String, _ usual: Double) throws -> Float? {
            guard fields.json[key]?.isNull != true else { return nil }
            return Float(try fields.multiplier(key, usual: usual))
        }
        let window = fields.json["sliding_window"] == nil ? usualWindow : try fields.optional("sliding_window")
        let own = Own(
            scale: Float(1 / (try fields.multiplier("query_pre_attn_scalar", usual: 256)).squareRoot()),
            scoreCap: try cap("attn_logit_softcapping", scoreCap),
            logitCap: try cap("final_logit_softcapping", logitCap),
            isSliding: try fields.slidingLayers(sizes.layers)
                ?? (1...sizes.layers).map { $0 % usualPattern != 0 },
            window: window, hasBias: try fields.flag("attention_bias") ?? false)
        guard window != nil || !own.isSliding.contains(true) else {
            throw ModelConfigurationError.invalid(
                key: "sliding_window", value: "null", expected: "a number, where layers slide")
        }
        return configuration(
            sizes, own, try fields.norm(offset: 1),
            try RotaryFields(fields.json, headWidth: sizes.headWidth, contextLength: sizes.contextLength).positions)
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let attention = model.blocks[0].attention, shapes = model.blocks.map(\.attention.shape)
        // A whole number in all of the family's models, and to transformers.
        let scale = Double(attention.shape.scale), scalar = Int((1 / (scale * scale)).rounded())
        func cap(_ value: Float?) -> JSONValue { value.map { .double($0.written) } ?? .null }
        var members: [JSONObject.Member] =
            attention.shape.rotary?.huggingFaceMembers(contextLength: model.contextLength) ?? []
        members += [
            ("hidden_activation", "gelu_pytorch_tanh"), ("tie_word_embeddings", .bool(model.isTied)),
            ("query_pre_attn_scalar", .integer(scalar)), ("attention_bias", .bool(attention.hasInputBias)),
            ("attn_logit_softcapping", cap(attention.shape.softcap)),
            ("final_logit_softcapping", cap(model.head.softcap)), ("layer_types", model.layerTypes),
        ]
        if let window = shapes.compactMap(\.window).first { members.append(("sliding_window", .integer(window))) }
        return members
    }

    // MARK: GGUF

    static let ownKeys: [ConfigurationField<GGUFValue>] =
        ["attention.sliding_window", "attn_logit_softcapping", "final_logit_softcapping"].map {
            ConfigurationField(key: $0, use: .read)
        }

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields)
        func cap(_ key: String, _ usual: Double) throws -> Float { Float(try fields.number(key) ?? usual) }
        let own = Own(
            scale: scale(layers: sizes.layers, width: sizes.width, heads: sizes.heads, headWidth: sizes.headWidth),
            scoreCap: try cap("attn_logit_softcapping", scoreCap),
            logitCap: try cap("final_logit_softcapping", logitCap),
            isSliding: (1...sizes.layers).map { $0 % usualPattern != 0 },
            window: try fields.optional("attention.sliding_window") ?? usualWindow, hasBias: false)
        return configuration(sizes, own, try fields.norm(offset: 1), try fields.rotary(sizes))
    }

    /// What llama.cpp multiplies products of queries and keys with: of the family's models the one of 46 layers alone scales by the
    /// width that its heads would share.
    private static func scale(layers: Int, width: Int, heads: Int, headWidth: Int) -> Float {
        1 / Float(layers == 46 ? width / heads : headWidth).squareRoot()
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        let attention = model.blocks[0].attention, shape = attention.shape
        let isSliding = model.blocks.map { $0.attention.shape.window != nil }
        let scale = scale(layers: model.layers, width: model.width, heads: shape.heads, headWidth: shape.headWidth)
        guard abs(shape.scale - scale) <= 1e-6 * scale else {
            let scalar = { (scale: Float) in "\((1 / (scale * scale)).rounded())" }
            throw GGUFDescription.refusal(
                "query_pre_attn_scalar", scalar(shape.scale), "takes \(scalar(scale)) for a model of these sizes")
        }
        guard !attention.hasInputBias, !attention.hasOutputBias else {
            throw GGUFDescription.refusal("attention_bias", "true", "knows no biases for gemma2")
        }
        guard model.isTied else {
            throw GGUFDescription.refusal("tie_word_embeddings", "false", "has no head of its own for gemma2")
        }
        guard isSliding == (1...model.layers).map({ $0 % usualPattern != 0 }) else {
            throw GGUFDescription.refusal("layer_types", "another pattern", "lets each second layer see everything")
        }
        guard let scoreCap = shape.softcap, let logitCap = model.head.softcap else {
            throw GGUFDescription.refusal("attn_logit_softcapping", "null", "caps scores and logits of gemma2")
        }
        description.set("attn_logit_softcapping", scoreCap)
        description.set("final_logit_softcapping", logitCap)
        description.set(
            "attention.sliding_window", model.blocks.compactMap(\.attention.shape.window).first ?? usualWindow)
        if let rotary = shape.rotary { try description.set(rotary, takesDivisors: false) }
    }
}
