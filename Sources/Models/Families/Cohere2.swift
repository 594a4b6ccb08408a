// Cohere's Command R7B and Command A: as Command R, with windows in most layers; those that see everything turn nothing.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let cohere2 = ModelFamily(
        name: "cohere2", className: "Cohere2ForCausalLM", ggufArchitecture: "cohere2", taskClasses: [],
        fields: FieldTable(fields: ConfigurationField.shared + Cohere.sharedFields + Cohere2.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + Cohere.sharedKeys + Cohere2.ownKeys),
        names: Cohere.names, read: Cohere2.read, readGGUF: Cohere2.read, write: Cohere2.write, writeGGUF: Cohere2.write)
}

private enum Cohere2 {
    private static let defaults = DecoderFields.Defaults(contextLength: 8_192, isTied: true)
    /// `sliding_window` where the file is silent.
    private static let usualWindow = 4_096
    /// Each fourth layer sees everything before it.
    private static let usualPattern = 4

    private static func configuration(
        _ sizes: DecoderFields, _ norm: NormSpec, _ head: HeadSpec, isSliding: [Bool], window: Int,
        _ rotary: RotaryPositions, hasBias: Bool
    ) -> ModelConfiguration {
        sizes.configuration(
            family: "cohere2",
            blocks: isSliding.map { isSliding in
                let shape = sizes.shape(rotary: isSliding ? rotary : nil, window: isSliding ? window : nil)
                return Cohere.block(sizes, shape, norm, hasBias: hasBias)
            },
            finalNorm: norm, head: head)
    }

    // MARK: config.json

    static let ownFields =
        ConfigurationField.read("sliding_window", mayBeNull: false)
        + ConfigurationField.read("layer_types", "sliding_window_pattern")
        + ConfigurationField.harmless([
            "_sliding_window_pattern", "use_sliding_window", "max_window_layers", "use_qk_norm", "cache_implementation",
        ])

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields, defaults)
        return configuration(
            sizes, try fields.layerNorm(), try Cohere.head(fields),
            isSliding: try fields.slidingLayers(sizes.layers, usually: usualPattern),
            window: try fields.optional("sliding_window") ?? usualWindow,
            try RotaryFields(
                fields.json, headWidth: sizes.headWidth, contextLength: sizes.contextLength, isInterleaved: true
            ).positions,
            hasBias: try fields.flag("attention_bias") ?? false)
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let window = model.blocks.compactMap(\.attention.shape.window).first ?? usualWindow
        return Cohere.sharedMembers(model) + [
            ("sliding_window", .integer(window)), ("layer_types", model.layerTypes),
        ]
    }

    // MARK: GGUF

    static let ownKeys = ["attention.sliding_window", "attention.sliding_window_pattern"].map {
        ConfigurationField<GGUFValue>(key: $0, use: .read)
    }

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields)
        return configuration(
            sizes, try fields.norm(.layer), try Cohere.head(fields),
            isSliding: try fields.slidingLayers(sizes.layers, usually: usualPattern),
            window: try fields.required("attention.sliding_window"), try fields.rotary(sizes, isInterleaved: true),
            hasBias: fields.has("blk.0.attn_q.bias"))
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        try Cohere.refuseOthers(model, "cohere2")
        let shapes = model.blocks.map(\.attention.shape)
        description.set("logit_scale", model.head.scale)
        description.set("attention.sliding_window", shapes.compactMap(\.window).first ?? usualWindow)
        try description.set(layersOf: shapes.map { $0.window != nil }, usually: usualPattern)
        if let rotary = shapes.compactMap(\.rotary).first { try description.set(rotary, takesDivisors: false) }
    }
}
