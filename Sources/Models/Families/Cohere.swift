// Cohere's Command R: attention and feed-forward side by side, from one layer norm without a bias, pairs of a rotation that lie
// side by side, scaled logits.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let cohere = ModelFamily(
        name: "cohere", className: "CohereForCausalLM", ggufArchitecture: "command-r", taskClasses: [],
        fields: FieldTable(fields: ConfigurationField.shared + Cohere.sharedFields + Cohere.ownFields),
        ggufFields: FieldTable(fields: FieldTable.gguf.fields + Cohere.sharedKeys), names: Cohere.names,
        read: Cohere.read, readGGUF: Cohere.read, write: Cohere.write, writeGGUF: Cohere.write)
}

enum Cohere {
    private static let defaults = DecoderFields.Defaults(contextLength: 8_192, isTied: true)
    private static let rotaryBase = 500_000.0
    /// llama.cpp tells by the number of layers whether queries and keys are normed.
    private static let layersWithHeadNorm = 64

    static let names = WeightNames(
        once: .decoder(),
        inLayer: .attention() + .headNorms() + .gatedNetwork + [
            WeightBinding(.attentionNorm, "input_layernorm", gguf: "attn_norm")
        ])

    /// - Parameter hasHeadNorm: whether each head of queries and keys has a norm of its own.
    static func block(
        _ sizes: DecoderFields, _ shape: AttentionShape, _ norm: NormSpec, hasHeadNorm: Bool = false, hasBias: Bool
    ) -> BlockSpec {
        BlockSpec(
            attention: AttentionSpec(
                norm: norm, headNorm: hasHeadNorm ? norm : nil,
                headNormReach: hasHeadNorm ? .eachHeadItsOwn : .eachHead, shape: shape, hasInputBias: hasBias,
                hasOutputBias: hasBias),
            feedForward: FeedForwardSpec(norm: norm, width: sizes.innerWidth), isParallel: true, sharesNorm: true)
    }

    // MARK: config.json

    /// Those that both generations have.
    static let sharedFields =
        ConfigurationField.read("attention_bias", "layer_norm_eps", "logit_scale", mayBeNull: false)
        + ConfigurationField.harmless(["rms_norm_eps", "mlp_bias"])

    static let ownFields =
        ConfigurationField.read("use_qk_norm")
        + ConfigurationField.harmless(["sliding_window", "use_sliding_window", "max_window_layers", "layer_types"])

    /// What logits are multiplied with.
    static func head(_ fields: HuggingFaceFields) throws -> HeadSpec {
        HeadSpec(scale: Float(try fields.multiplier("logit_scale", usual: 0.0625)))
    }

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields, defaults), norm = try fields.layerNorm()
        let rotary = try RotaryFields(
            fields.json, headWidth: sizes.headWidth, contextLength: sizes.contextLength, base: rotaryBase,
            isInterleaved: true
        ).positions
        let block = block(
            sizes, sizes.shape(rotary: rotary), norm, hasHeadNorm: try fields.flag("use_qk_norm") ?? false,
            hasBias: try fields.flag("attention_bias") ?? false)
        return sizes.configuration(
            family: "cohere", blocks: Array(repeating: block, count: sizes.layers), finalNorm: norm,
            head: try head(fields))
    }

    /// The members that both generations have.
    static func sharedMembers(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let rotary = model.blocks.compactMap(\.attention.shape.rotary).first
        return (rotary?.huggingFaceMembers(contextLength: model.contextLength) ?? []) + [
            ("hidden_act", "silu"), ("tie_word_embeddings", .bool(model.isTied)),
            ("attention_bias", .bool(model.blocks[0].attention.hasInputBias)),
            ("logit_scale", .double(model.head.scale.written)),
        ]
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        sharedMembers(model) + [("use_qk_norm", .bool(model.blocks[0].attention.headNorm != nil))]
    }

    // MARK: GGUF

    /// Those that both generations have.
    static let sharedKeys = ["attention.layer_norm_epsilon", "logit_scale"].map {
        ConfigurationField<GGUFValue>(key: $0, use: .read)
    }

    static func head(_ fields: GGUFFields) throws -> HeadSpec {
        HeadSpec(scale: Float(try fields.multiplier("logit_scale") ?? 1))
    }

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        let sizes = try DecoderFields(fields), norm = try fields.norm(.layer)
        let shape = sizes.shape(rotary: try fields.rotary(sizes, isInterleaved: true))
        let block = block(
            sizes, shape, norm, hasHeadNorm: fields.has("blk.0.attn_q_norm.weight"),
            hasBias: fields.has("blk.0.attn_q.bias"))
        return sizes.configuration(
            family: "cohere", blocks: Array(repeating: block, count: sizes.layers), finalNorm: norm,
            head: try head(fields))
    }

    /// What llama.cpp computes of neither generation.
    static func refuseOthers(_ model: ModelConfiguration, _ architecture: String) throws {
        let attention = model.blocks[0].attention
        guard model.isTied else {
            throw GGUFDescription.refusal(
                "tie_word_embeddings", "false", "takes the embedding for the head of \(architecture)")
        }
        guard !attention.hasInputBias, !attention.hasOutputBias else {
            throw GGUFDescription.refusal("attention_bias", "true", "knows no biases for \(architecture)")
        }
        guard attention.shape.queryWidth == model.width else {
            throw GGUFDescription.refusal(
                "head_dim", "\(attention.shape.headWidth)", "shares out the width of \(architecture) among its heads")
        }
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        try refuseOthers(model, "command-r")
        let hasHeadNorm = model.blocks[0].attention.headNorm != nil
        guard hasHeadNorm == (model.layers >= layersWithHeadNorm) else {
            throw GGUFDescription.refusal(
                "use_qk_norm", "\(hasHeadNorm)",
                "norms queries and keys of command-r where there are \(layersWithHeadNorm) layers and more, and of no other"
            )
        }
        description.set("logit_scale", model.head.scale)
        if let rotary = model.blocks[0].attention.shape.rotary { try description.set(rotary, takesDivisors: false) }
    }
}
