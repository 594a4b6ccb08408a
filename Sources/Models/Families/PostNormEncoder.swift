// What BERT and its kin have in common: sublayers that read the stream as it is and norm the sum, plain feed-forward networks, and
// learned positions. What differs stands in each family's file.

import JSON
import Kernels
import WeightFiles

/// What makes an encoder of this kind.
struct PostNormEncoder {
    var family: String
    var width: Int
    var heads: Int
    var innerWidth: Int
    var layers: Int
    var activation: Activation
    var epsilon: Float
    var vocabularySize: Int
    var positions: LearnedPositions
    var tokenTypes: Int
    var beginToken: Int?
    var endTokens: [Int] = []
    /// What the family's classes for tasks have on top.
    var taskHeads: TaskHeads

    /// - Parameter key: what the file calls the number of heads.
    /// - Throws: where the heads do not share the width.
    func configuration(headsKey key: String) throws -> ModelConfiguration {
        guard heads > 0, width % heads == 0 else {
            throw ModelConfigurationError.invalid(
                key: key, value: "\(heads)", expected: "a divisor of the width, \(width)")
        }
        let norm = NormSpec(.layer, epsilon: epsilon, hasBias: true)
        let block = BlockSpec(
            attention: AttentionSpec(
                norm: nil, streamNorm: norm,
                shape: AttentionShape(
                    heads: heads, groups: heads, headWidth: width / heads, mask: .bidirectional, rotary: nil),
                hasInputBias: true, hasOutputBias: true),
            feedForward: FeedForwardSpec(
                norm: nil, streamNorm: norm, width: innerWidth, activation: activation, isGated: false, hasBias: true))
        var model = ModelConfiguration(
            family: family, width: width, vocabularySize: vocabularySize,
            embedding: EmbeddingSpec(positions: positions, tokenTypes: tokenTypes, norm: norm),
            blocks: Array(repeating: block, count: layers), finalNorm: nil, reader: ReaderSpec(), isTied: true,
            contextLength: positions.mostTokens, beginToken: beginToken, endTokens: endTokens)
        model.taskHeads = taskHeads
        return model
    }
}

extension ConfigurationField where Value == JSONValue {
    /// Fields of any encoder's `config.json`.
    static let sharedOfEncoders: [ConfigurationField] =
        shared
        + harmless([
            "head_dim", "num_key_value_heads", "rms_norm_eps", "rope_scaling", "rope_parameters", "rope_theta",
            "partial_rotary_factor", "original_max_position_embeddings", "gradient_checkpointing",
            "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head",
            "pooler_type", "directionality", "output_past",
            // Of the masked head, which is the embedding or stands beside it.
            "tie_word_embeddings",
        ])
        + [
            ConfigurationField(key: "is_decoder", use: .only([false, nil])),
            ConfigurationField(key: "is_causal", use: .only([false, nil])),
            ConfigurationField(key: "classifier_dropout", use: .trainingOnly([0, nil])),
        ]

    /// Those of BERT and of who has its field names.
    static let sharedOfBERT: [ConfigurationField] =
        sharedOfEncoders + read("layer_norm_eps", "type_vocab_size", "hidden_act", mayBeNull: false)
        + [
            ConfigurationField(key: "position_embedding_type", use: .only(["absolute", nil])),
            ConfigurationField(key: "hidden_dropout_prob", use: .trainingOnly([0, nil])),
            ConfigurationField(key: "attention_probs_dropout_prob", use: .trainingOnly([0, nil])),
        ]
}

extension PostNormEncoder {
    /// BERT's fields, by which its kin goes, too.
    /// - Parameter positions: of that many rows of the table.
    init(
        _ fields: HuggingFaceFields, family: String, epsilon: Double = 1e-12, vocabularySize: Int = 30_522,
        taskHeads: TaskHeads, positions: (Int) -> LearnedPositions
    ) throws {
        self.init(
            family: family, width: try fields.optional("hidden_size") ?? 768,
            heads: try fields.optional("num_attention_heads") ?? 12,
            innerWidth: try fields.optional("intermediate_size") ?? 3_072,
            layers: try ModelConfiguration.layers(
                fields.optional("num_hidden_layers") ?? 12, key: "num_hidden_layers"),
            activation: try fields.activation("hidden_act", default: .gelu),
            epsilon: Float(try fields.number("layer_norm_eps") ?? epsilon),
            vocabularySize: try fields.optional("vocab_size") ?? vocabularySize,
            positions: positions(try fields.optional("max_position_embeddings") ?? 512),
            tokenTypes: try fields.optional("type_vocab_size") ?? 2, beginToken: fields.beginToken,
            endTokens: fields.endTokens, taskHeads: taskHeads)
    }

    /// The members of a `config.json` of BERT and its kin, beside sizes and tokens.
    static func members(_ model: ModelConfiguration) -> [JSONObject.Member] {
        let positions = model.embedding.positions
        return [
            ("hidden_act", .string(model.blocks[0].feedForward.activation.huggingFaceName)),
            ("max_position_embeddings", .integer(positions?.count ?? model.contextLength)),
            ("type_vocab_size", .integer(model.embedding.tokenTypes)),
        ]
    }

    // MARK: Names

    /// The weights of the blocks and of what is below them under BERT's names.
    /// - Parameter prefix: what the names begin with under a head.
    static func names(_ prefix: String, heads: [String]) -> WeightNames {
        WeightNames(
            layers: "\(prefix).encoder.layer.", base: "\(prefix).",
            once: [
                WeightBinding(.embedding, "\(prefix).embeddings.word_embeddings", gguf: "token_embd"),
                WeightBinding(.positionEmbedding, "\(prefix).embeddings.position_embeddings", gguf: "position_embd"),
                WeightBinding(.typeEmbedding, "\(prefix).embeddings.token_type_embeddings", gguf: "token_types"),
                WeightBinding(.embeddingNorm, "\(prefix).embeddings.LayerNorm", gguf: "token_embd_norm"),
                WeightBinding(.pooler, "\(prefix).pooler.dense", gguf: nil),
            ],
            inLayer: [
                WeightBinding(.query, "attention.self.query", gguf: "attn_q"),
                WeightBinding(.key, "attention.self.key", gguf: "attn_k"),
                WeightBinding(.value, "attention.self.value", gguf: "attn_v"),
                WeightBinding(.attentionOutput, "attention.output.dense", gguf: "attn_output"),
                WeightBinding(.attentionStreamNorm, "attention.output.LayerNorm", gguf: "attn_output_norm"),
                WeightBinding(.up, "intermediate.dense", gguf: "ffn_up"),
                WeightBinding(.down, "output.dense", gguf: "ffn_down"),
                WeightBinding(.feedForwardStreamNorm, "output.LayerNorm", gguf: "layer_output_norm"),
            ], heads: heads)
    }

    // MARK: GGUF

    /// What llama.cpp's graph of BERT reads.
    static let ggufFields: [ConfigurationField<GGUFValue>] =
        FieldTable.gguf.fields
        + ["attention.layer_norm_epsilon", "pooling_type"].map { ConfigurationField(key: $0, use: .read) }
        + [ConfigurationField(key: "attention.causal", use: .only([.bool(false)]))]

    /// The model of a GGUF file: its table of positions begins with that of the first token, whatever the family was.
    init(_ fields: GGUFFields) throws {
        func rows(_ tensor: String) -> Int? { fields.gguf.entry(tensor)?.shape.sizes.first }
        guard let positions = rows("position_embd.weight") else {
            throw ModelConfigurationError.missing(key: "position_embd.weight")
        }
        self.init(
            family: "bert", width: try fields.required("embedding_length"), heads: try fields.heads(),
            innerWidth: try fields.required("feed_forward_length"), layers: try fields.layers(), activation: .gelu,
            epsilon: Float(try fields.requiredNumber("attention.layer_norm_epsilon")),
            vocabularySize: try fields.vocabularySize(), positions: LearnedPositions(count: positions),
            tokenTypes: rows("token_types.weight") ?? 0, beginToken: fields.beginToken, endTokens: fields.endTokens,
            taskHeads: .onPooler("bert.pooler.dense"))
    }
}

extension TaskHeads {
    /// A layer on what the pooler makes of the first state.
    static func onPooler(_ path: String) -> TaskHeads {
        .encoder(texts: [.init(path, function: .tanh, isFrozen: true)])
    }
}
