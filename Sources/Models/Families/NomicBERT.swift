// NomicBERT: BERT's order of norms with gated feed-forward networks, rotary positions and no biases on its layers.

import JSON
import Kernels

extension ModelFamily {
    static let nomicBert = ModelFamily(
        name: "nomic_bert", className: "NomicBertModel", ggufArchitecture: "nomic-bert",
        fields: FieldTable(fields: ConfigurationField.sharedOfBERT + NomicBERT.ownFields), ggufFields: .gguf,
        names: NomicBERT.names, read: NomicBERT.read,
        readGGUF: { _ in
            throw ModelConfigurationError.unsupported(key: "general.architecture", value: "nomic-bert")
        }, write: NomicBERT.write,
        writeGGUF: nil)
}

private enum NomicBERT {
    private static let (usualBase, usualContext) = (1_000.0, 2_048)

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read("rope_parameters", "rope_scaling", "partial_rotary_factor", "head_dim")
        + ConfigurationField.read("rope_theta", "original_max_position_embeddings", mayBeNull: false)

    static let names = WeightNames(
        layers: "nomic_bert.layers.", base: "nomic_bert.",
        once: [
            WeightBinding(.embedding, "nomic_bert.embeddings.word_embeddings", gguf: "token_embd"),
            WeightBinding(.typeEmbedding, "nomic_bert.embeddings.token_type_embeddings", gguf: "token_types"),
            WeightBinding(.embeddingNorm, "nomic_bert.embeddings.LayerNorm", gguf: "token_embd_norm"),
            WeightBinding(.pooler, "nomic_bert.pooler.dense", gguf: nil),
        ],
        inLayer: [
            WeightBinding(.query, "self_attn.q_proj", gguf: "attn_q"),
            WeightBinding(.key, "self_attn.k_proj", gguf: "attn_k"),
            WeightBinding(.value, "self_attn.v_proj", gguf: "attn_v"),
            WeightBinding(.attentionOutput, "self_attn.o_proj", gguf: "attn_output"),
            WeightBinding(.attentionStreamNorm, "post_attention_layernorm", gguf: "attn_output_norm"),
            WeightBinding(.gate, "mlp.gate_proj", gguf: "ffn_gate"),
            WeightBinding(.up, "mlp.up_proj", gguf: "ffn_up"),
            WeightBinding(.down, "mlp.down_proj", gguf: "ffn_down"),
            WeightBinding(.feedForwardStreamNorm, "post_mlp_layernorm", gguf: "layer_output_norm"),
        ], heads: ["cls.", "classifier."])

    static func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let width = try fields.required("hidden_size"), heads = try fields.required("num_attention_heads")
        guard heads > 0, try fields.optional("head_dim") != nil || width % heads == 0 else {
            throw ModelConfigurationError.invalid(
                key: "num_attention_heads", value: "\(heads)", expected: "a divisor of hidden_size = \(width)")
        }
        let headWidth = try fields.optional("head_dim") ?? width / heads
        let contextLength = try fields.optional("max_position_embeddings") ?? usualContext
        var json = fields.json.object ?? JSONObject()
        if json["rope_theta"] == nil { json["rope_theta"] = .double(usualBase) }
        let rotary = try RotaryFields(.object(json), headWidth: headWidth, contextLength: contextLength).positions
        let norm = NormSpec(.layer, epsilon: Float(try fields.number("layer_norm_eps") ?? 1e-12), hasBias: true)
        let block = BlockSpec(
            attention: AttentionSpec(
                norm: nil, streamNorm: norm,
                shape: AttentionShape(
                    heads: heads, groups: heads, headWidth: headWidth, mask: .bidirectional, rotary: rotary)),
            feedForward: FeedForwardSpec(
                norm: nil, streamNorm: norm, width: try fields.required("intermediate_size"),
                activation: try fields.activation("hidden_act", default: .silu)))
        var model = ModelConfiguration(
            family: "nomic_bert", width: width, vocabularySize: try fields.required("vocab_size"),
            embedding: EmbeddingSpec(tokenTypes: try fields.optional("type_vocab_size") ?? 2, norm: norm),
            blocks: Array(repeating: block, count: try fields.layers()), finalNorm: nil, reader: ReaderSpec(),
            isTied: true, contextLength: contextLength, beginToken: fields.beginToken, endTokens: fields.endTokens)
        model.taskHeads = .onPooler("nomic_bert.pooler.dense")
        return model
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let block = model.blocks[0]
        return (block.attention.shape.rotary?.huggingFaceMembers(contextLength: model.contextLength) ?? []) + [
            ("hidden_act", .string(block.feedForward.activation.huggingFaceName)),
            ("type_vocab_size", .integer(model.embedding.tokenTypes)),
        ]
    }
}
