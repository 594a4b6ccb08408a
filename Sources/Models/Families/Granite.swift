// Granite 3: Llama, with what embeddings, scores, additions to the stream and logits are multiplied with said by the file.

import JSON
import WeightFiles

extension ModelFamily {
    static let granite = ModelFamily(
        name: Granite.llama.name, className: Granite.llama.className, ggufArchitecture: Granite.llama.ggufArchitecture,
        taskClasses: [],
        fields: Granite.llama.fields, ggufFields: FieldTable(fields: Granite.llama.ggufFields.fields + Granite.ownKeys),
        names: Granite.llama.names, read: Granite.read, readGGUF: Granite.read, write: Granite.write,
        writeGGUF: Granite.write)
}

private enum Granite {
    /// The family but for its multipliers.
    static let llama = PreNormDecoder(
        name: "granite", defaults: .init(contextLength: 2_048, keyValueHeads: nil, headWidth: nil),
        biases: .asConfigured(mlp: true), hasHeadNorm: false, window: .none
    ).family(
        className: "GraniteForCausalLM", gguf: .granite,
        ownFields: ConfigurationField.read(
            "attention_bias", "mlp_bias", "embedding_multiplier", "attention_multiplier", "residual_multiplier",
            "logits_scaling", mayBeNull: false)
            + ConfigurationField.harmless(["sliding_window", "use_sliding_window", "max_window_layers", "layer_types"]))

    /// - Parameter score: what products of queries and keys are multiplied with; nil for what Llama does.
    private static func multiplied(
        _ model: ModelConfiguration, embedding: Double, score: Double?, residual: Double, logits: Double
    ) -> ModelConfiguration {
        var model = model
        model.embedding.scale = Float(embedding)
        model.head.scale = Float(1 / logits)
        for layer in model.blocks.indices {
            if let score { model.blocks[layer].attention.shape.scale = Float(score) }
            model.blocks[layer].attention.residualScale = Float(residual)
            model.blocks[layer].feedForward.residualScale = Float(residual)
        }
        return model
    }

    // MARK: config.json

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        multiplied(
            try llama.read(fields), embedding: try fields.multiplier("embedding_multiplier", usual: 1),
            score: try fields.multiplier("attention_multiplier", usual: 1),
            residual: try fields.multiplier("residual_multiplier", usual: 1),
            logits: try fields.multiplier("logits_scaling", usual: 1))
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let attention = model.blocks[0].attention
        return llama.write(model) + [
            ("embedding_multiplier", .double(model.embedding.scale.written)),
            ("attention_multiplier", .double(attention.shape.scale.written)),
            ("residual_multiplier", .double(attention.residualScale.written)),
            ("logits_scaling", .double(model.head.scale.writtenReciprocal)),
        ]
    }

    // MARK: GGUF

    static let ownKeys: [ConfigurationField<GGUFValue>] =
        ["attention.scale", "embedding_scale", "residual_scale", "logit_scale"].map {
            ConfigurationField(key: $0, use: .read)
        }
        // Without it llama.cpp turns no queries and keys of this family.
        + [ConfigurationField(key: "rope.scaling.finetuned", use: .only([.bool(true)]))]

    static func read(_ fields: GGUFFields) throws -> ModelConfiguration {
        multiplied(
            try llama.readGGUF(fields), embedding: try fields.multiplier("embedding_scale") ?? 1,
            score: try fields.multiplier("attention.scale"), residual: try fields.multiplier("residual_scale") ?? 1,
            logits: try fields.requiredNumber("logit_scale"))
    }

    static func write(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        try llama.writeGGUF?(model, &description)
        let attention = model.blocks[0].attention
        description.set("attention.scale", attention.shape.scale)
        description.set("embedding_scale", model.embedding.scale)
        description.set("residual_scale", attention.residualScale)
        description.set("logit_scale", Float(model.head.scale.writtenReciprocal))
    }
}
