// OLMo 2: attention and feed-forward read the stream as it is, and what they add is normed; queries and keys are normed over all
// heads together.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let olmo2 = ModelFamily(
        name: "olmo2", className: "Olmo2ForCausalLM", ggufArchitecture: "olmo2", taskClasses: [.texts],
        fields: FieldTable(fields: ConfigurationField.shared + OLMo2.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + OLMo2.ownKeys), names: OLMo2.names, read: OLMo2.read,
        readGGUF: OLMo2.read, write: OLMo2.write, writeGGUF: OLMo2.write)
}

private enum OLMo2 {
    static let names = WeightNames(
        once: .decoder(),
        inLayer: .attention() + .headNorms() + .gatedNetwork + [
            WeightBinding(.attentionOutputNorm, "post_attention_layernorm", gguf: "post_attention_norm"),
            WeightBinding(.feedForwardOutputNorm, "post_feedforward_layernorm", gguf: "post_ffw_norm"),
        ])

    private static func configuration(
        _ sizes: DecoderFields, _ norm: NormSpec, _ rotary: RotaryPositions, hasBias: Bool
    ) -> ModelConfiguration {
        let block = BlockSpec(
            attention: AttentionSpec(
                norm: nil, headNorm: norm, headNormReach: .allHeads, outputNorm: norm,
                shape: sizes.shape(rotary: rotary), hasInputBias: hasBias, hasOutputBias: hasBias),
            feedForward: FeedForwardSpec(norm: nil, outputNorm: norm, width: sizes.innerWidth))
        return sizes.configuration(
            family: "olmo2", blocks: Array(repeating: block, count: sizes.layers), finalNorm: norm)
    }

    // MARK: config.json

    static let ownFields =
        ConfigurationField.read("attention_bias", mayBeNull: false)
        // Of the family that came after it, whose files say another name.
        + ConfigurationField.harmless([
            "mlp_bias", "sliding_window", "use_sliding_window", "max_window_layers", "layer_types",
        ])

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields, .init(contextLength: 2_048))
        return configuration(
            sizes, try fields.norm(epsilon: 1e-5),
            try RotaryFields(fields.json, headWidth: sizes.headWidth, contextLength: sizes.contextLength).positions,
            hasBias: try fields.flag("attention_bias") ?? false)
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let attention = model.blocks[0].attention
        return (attention.shape.rotary?.huggingFaceMembers(contextLength: model.contextLength) ?? []) + [
            ("hidden_act", "silu"), ("tie_word_embeddings", .bool(model.isTied)),
            ("attention_bias", .bool(attention.hasInputBias)),
        ]
    }

    // MARK: GGUF

    /// With a window it would be OLMo 3.
    static let ownKeys = [ConfigurationField<GGUFValue>(key: "attention.sliding_window", use: .only([.uint32(0)]))]

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields)
        return configuration(
            sizes, try fields.norm(), try fields.rotary(sizes), hasBias: fields.has("blk.0.attn_q.bias"))
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        let attention = model.blocks[0].attention
        guard !model.isTied else {
            throw GGUFDescription.refusal("tie_word_embeddings", "true", "takes no olmo2 without a head of its own")
        }
        guard !attention.hasInputBias, !attention.hasOutputBias else {
            throw GGUFDescription.refusal("attention_bias", "true", "knows no biases for olmo2")
        }
        guard attention.shape.queryWidth == model.width else {
            throw GGUFDescription.refusal(
                "head_dim", "\(attention.shape.headWidth)", "shares out the width of olmo2 among its heads")
        }
        if let rotary = attention.shape.rotary { try description.set(rotary, takesDivisors: false) }
    }
}
