// DistilBERT: BERT with half the layers, without types of tokens and pooler, under names of its own.

import JSON

extension ModelFamily {
    static let distilbert = ModelFamily(
        name: "distilbert", className: "DistilBertModel", ggufArchitecture: "bert",
        fields: FieldTable(fields: ConfigurationField.sharedOfEncoders + DistilBERT.ownFields),
        ggufFields: FieldTable(fields: PostNormEncoder.ggufFields), names: DistilBERT.names, read: DistilBERT.read,
        // Files of the architecture are read as BERT's.
        readGGUF: { try PostNormEncoder($0).configuration(headsKey: "attention.head_count") },
        write: DistilBERT.write, writeGGUF: nil)
}

private enum DistilBERT {
    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read("dim", "hidden_dim", "n_layers", "n_heads", "activation", mayBeNull: false)
        // Shapes are read from the names above; a sinusoidal table lies in the file as a learned one does.
        + ConfigurationField.harmless([
            "sinusoidal_pos_embds", "qa_dropout", "tie_weights_", "hidden_act",
            "intermediate_size",
        ])
        + [
            ConfigurationField(key: "dropout", use: .trainingOnly([0, nil])),
            ConfigurationField(key: "seq_classif_dropout", use: .trainingOnly([0, nil])),
            ConfigurationField(key: "output_past", use: .harmless),
        ]

    static let names = WeightNames(
        layers: "distilbert.transformer.layer.", base: "distilbert.",
        once: [
            WeightBinding(.embedding, "distilbert.embeddings.word_embeddings", gguf: "token_embd"),
            WeightBinding(.positionEmbedding, "distilbert.embeddings.position_embeddings", gguf: "position_embd"),
            WeightBinding(.embeddingNorm, "distilbert.embeddings.LayerNorm", gguf: "token_embd_norm"),
        ],
        inLayer: [
            WeightBinding(.query, "attention.q_lin", gguf: "attn_q"),
            WeightBinding(.key, "attention.k_lin", gguf: "attn_k"),
            WeightBinding(.value, "attention.v_lin", gguf: "attn_v"),
            WeightBinding(.attentionOutput, "attention.out_lin", gguf: "attn_output"),
            WeightBinding(.attentionStreamNorm, "sa_layer_norm", gguf: "attn_output_norm"),
            WeightBinding(.up, "ffn.lin1", gguf: "ffn_up"),
            WeightBinding(.down, "ffn.lin2", gguf: "ffn_down"),
            WeightBinding(.feedForwardStreamNorm, "output_layer_norm", gguf: "layer_output_norm"),
        ],
        heads: [
            "vocab_transform.", "vocab_layer_norm.", "vocab_projector.", "pre_classifier.", "classifier.",
            "qa_outputs.",
        ])

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        // transformers takes BERT's names for the same members, too, and before its own.
        func size(_ key: String, _ other: String?, _ usual: Int) throws -> Int {
            try other.flatMap { try fields.optional($0) } ?? fields.optional(key) ?? usual
        }
        let layers = try size("n_layers", "num_hidden_layers", 6)
        return try PostNormEncoder(
            family: "distilbert", width: size("dim", "hidden_size", 768),
            heads: size("n_heads", "num_attention_heads", 12), innerWidth: size("hidden_dim", nil, 3_072),
            layers: ModelConfiguration.layers(layers, key: "n_layers"),
            activation: fields.activation("activation", default: .gelu), epsilon: 1e-12,
            vocabularySize: size("vocab_size", nil, 30_522),
            positions: LearnedPositions(count: size("max_position_embeddings", nil, 512)), tokenTypes: 0,
            beginToken: fields.beginToken, endTokens: fields.endTokens,
            taskHeads: .encoder(texts: [.init("pre_classifier", function: .activation(.relu))])
        ).configuration(headsKey: "n_heads")
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let block = model.blocks[0]
        return [
            ("dim", .integer(model.width)), ("n_layers", .integer(model.layers)),
            ("n_heads", .integer(block.attention.shape.heads)), ("hidden_dim", .integer(block.feedForward.width)),
            ("activation", .string(block.feedForward.activation.huggingFaceName)),
        ]
    }
}
