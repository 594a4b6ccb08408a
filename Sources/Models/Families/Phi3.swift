// Phi-3, Phi-3.5, Phi-4 and Phi-4-mini: as Llama, with one projection for query, key and value and one for gate and up; of some a part of
// each head turns.

import Foundation
import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let phi3 = ModelFamily(
        name: "phi3", className: "Phi3ForCausalLM", ggufArchitecture: "phi3",
        fields: FieldTable(fields: ConfigurationField.shared + Phi3.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + Phi3.ownKeys), names: Phi3.names, read: Phi3.read,
        readGGUF: Phi3.read, write: Phi3.write, writeGGUF: Phi3.write)
}

private enum Phi3 {
    /// Where no other number is said: transformers' defaults.
    private static let defaults = DecoderFields.Defaults(contextLength: 4_096)
    private static let (epsilon, originalPositions) = (1e-5, 4_096)

    static let names = WeightNames(
        once: .decoder(),
        inLayer: .normsBefore + [
            WeightBinding(.queryKeyValue, "self_attn.qkv_proj", gguf: "attn_qkv"),
            WeightBinding(.attentionOutput, "self_attn.o_proj", gguf: "attn_output"),
            WeightBinding(.gateUp, "mlp.gate_up_proj", gguf: "ffn_up"),
            WeightBinding(.down, "mlp.down_proj", gguf: "ffn_down"),
        ])

    private static func configuration(
        _ sizes: DecoderFields, _ norm: NormSpec, _ rotary: RotaryPositions, window: Int?, activation: Activation
    ) -> ModelConfiguration {
        let block = BlockSpec(
            attention: AttentionSpec(
                norm: norm, shape: sizes.shape(rotary: rotary, window: window), projection: .fused(blocks: 1)),
            feedForward: FeedForwardSpec(
                norm: norm, width: sizes.innerWidth, activation: activation, projection: .fused(blocks: 1)))
        return sizes.configuration(
            family: "phi3", blocks: Array(repeating: block, count: sizes.layers), finalNorm: norm)
    }

    // MARK: config.json

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read("hidden_act", mayBeNull: false) + ConfigurationField.read("sliding_window")
        + ConfigurationField.harmless([
            "attention_bias", "mlp_bias", "use_sliding_window", "max_window_layers", "layer_types",
        ])
        + ["resid_pdrop", "embd_pdrop"].map { ConfigurationField(key: $0, use: .trainingOnly([0, nil])) }

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields, defaults)
        let (rotary, limit) = try rotary(fields, sizes)
        var model = configuration(
            sizes, try fields.norm(epsilon: epsilon), rotary, window: try fields.optional("sliding_window"),
            activation: try fields.activation("hidden_act", default: .silu))
        model.embedding.limit = limit
        if let limit { model.contextLength = min(limit, model.contextLength) }
        return model
    }

    /// The positions, and the most tokens of a text for which they hold: texts of more than the original positions have frequencies of
    /// their own, which are not computed here.
    private static func rotary(
        _ fields: HuggingFaceFields, _ sizes: DecoderFields
    ) throws -> (positions: RotaryPositions, limit: Int?) {
        var json = fields.json.object ?? JSONObject()
        let key = ["rope_scaling", "rope_parameters"].first { json[$0]?.object?.members.isEmpty == false }
        guard let key, var scaling = json[key]?.object else {
            let fields = try RotaryFields(
                fields.json, headWidth: sizes.headWidth, contextLength: sizes.contextLength,
                share: RotaryFields.Share())
            return (fields.positions, nil)
        }
        let kind = (scaling["rope_type"] ?? scaling["type"])?.string ?? "default"
        // Older files of the family call it so, whatever the words mean elsewhere.
        if kind == "su" || kind == "yarn" { scaling["rope_type"] = "longrope" }
        guard ["default", "longrope", "su", "yarn"].contains(kind) else {
            throw ModelConfigurationError.unsupported(key: "\(key).rope_type", value: kind)
        }
        // transformers takes the family's own number where the file says none.
        let original = try fields.optional("original_max_position_embeddings") ?? originalPositions
        json["original_max_position_embeddings"] = .integer(original)
        let differs = scaling["short_factor"] != scaling["long_factor"]
        if let short = scaling["short_factor"] { scaling["long_factor"] = short }
        json[key] = .object(scaling)
        let positions = try RotaryFields(
            .object(json), headWidth: sizes.headWidth, contextLength: sizes.contextLength, share: RotaryFields.Share()
        ).positions
        return (positions, kind != "default" && differs ? original : nil)
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let block = model.blocks[0], shape = block.attention.shape
        return (shape.rotary?.huggingFaceMembers(contextLength: model.contextLength) ?? []) + [
            ("partial_rotary_factor", .double(shape.rotary?.share ?? 1)),
            ("hidden_act", .string(block.feedForward.activation.huggingFaceName)),
            ("tie_word_embeddings", .bool(model.isTied)),
            ("sliding_window", shape.window.map { .integer($0) } ?? .null),
        ]
    }

    // MARK: GGUF

    static let ownKeys = [ConfigurationField<GGUFValue>(key: "attention.sliding_window", use: .read)]

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields, turnsWhole: false)
        let window = try fields.optional("attention.sliding_window") ?? 0
        return configuration(
            sizes, try fields.norm(), try fields.rotary(sizes), window: window > 0 ? window : nil, activation: .silu)
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        let block = model.blocks[0], shape = block.attention.shape
        try description.requireActivation(.silu, of: block, key: "hidden_act")
        if let window = shape.window, window < model.contextLength {
            throw GGUFDescription.refusal(
                "sliding_window", "\(window)", "has no window for phi3, which would see all \(model.contextLength)")
        }
        description.set("attention.sliding_window", shape.window ?? 0)
        if let rotary = shape.rotary { try description.set(rotary, takesDivisors: false) }
    }
}
