// T5, Flan-T5 and mT5: an encoder reads, a decoder writes. Norms by root mean square, scores that are not scaled but biased by distance,
// a table of which the first block of each stack has for all, and a plain or gated feed-forward network.

import JSON
import Kernels
import WeightFiles

extension ModelFamily {
    static let t5 = T5.family(
        T5.Version(
            name: "t5", className: "T5ForConditionalGeneration", network: "relu", scalesTied: true, innerWidth: 2_048,
            layers: 6, heads: 8, scaledModules: ScaledModules(outputs: ["k", "v"], inputs: ["wo"])))
    static let mT5 = T5.family(
        T5.Version(
            name: "mt5", className: "MT5ForConditionalGeneration", network: "gated-gelu", scalesTied: false,
            innerWidth: 1_024, layers: 8, heads: 6,
            scaledModules: ScaledModules(outputs: ["k", "v", "wi_1"], inputs: [])))
}

private enum T5 {
    /// What sets the two apart.
    struct Version: Sendable {
        let name: String
        let className: String
        /// `feed_forward_proj` where the file is silent.
        let network: String
        /// Whether logits are scaled where the head is said to be the embedding.
        let scalesTied: Bool
        /// Where the file is silent.
        let innerWidth, layers, heads: Int
        let scaledModules: ScaledModules
    }

    static func family(_ version: Version) -> ModelFamily {
        ModelFamily(
            name: version.name, className: version.className, ggufArchitecture: "t5", taskClasses: [],
            scaledModules: version.scaledModules,
            fields: FieldTable(fields: ConfigurationField.shared + ownFields),
            ggufFields: FieldTable(fields: FieldTable.gguf.fields + ownKeys), names: names,
            read: { try read($0, version) }, readGGUF: { try read($0, version) }, write: write,
            writeGGUF: nil)
    }

    // MARK: Names

    private static func selfAttention() -> [WeightBinding] {
        [
            WeightBinding(.attentionNorm, "layer.0.layer_norm", gguf: "attn_norm"),
            WeightBinding(.query, "layer.0.SelfAttention.q", gguf: "attn_q"),
            WeightBinding(.key, "layer.0.SelfAttention.k", gguf: "attn_k"),
            WeightBinding(.value, "layer.0.SelfAttention.v", gguf: "attn_v"),
            WeightBinding(.attentionOutput, "layer.0.SelfAttention.o", gguf: "attn_o"),
        ]
    }

    private static func network(_ layer: Int) -> [WeightBinding] {
        [
            WeightBinding(.feedForwardNorm, "layer.\(layer).layer_norm", gguf: "ffn_norm"),
            WeightBinding(.gate, "layer.\(layer).DenseReluDense.wi_0", gguf: "ffn_gate"),
            WeightBinding(.up, "layer.\(layer).DenseReluDense.wi_1", gguf: "ffn_up"),
            // No GGUF file has it: those without a gate are refused.
            WeightBinding(.plainUp, "layer.\(layer).DenseReluDense.wi", gguf: "ffn_plain_up"),
            WeightBinding(.down, "layer.\(layer).DenseReluDense.wo", gguf: "ffn_down"),
        ]
    }

    private static let crossAttention = [
        WeightBinding(.crossNorm, "layer.1.layer_norm", gguf: "cross_attn_norm"),
        WeightBinding(.crossQuery, "layer.1.EncDecAttention.q", gguf: "cross_attn_q"),
        WeightBinding(.crossKey, "layer.1.EncDecAttention.k", gguf: "cross_attn_k"),
        WeightBinding(.crossValue, "layer.1.EncDecAttention.v", gguf: "cross_attn_v"),
        WeightBinding(.crossOutput, "layer.1.EncDecAttention.o", gguf: "cross_attn_o"),
    ]

    private static let biasTable = "block.0.layer.0.SelfAttention.relative_attention_bias"

    static let names = WeightNames(
        once: [
            WeightBinding(.embedding, "shared", gguf: "token_embd"),
            WeightBinding(.encoderPositionBias, "encoder.\(biasTable)", gguf: "enc.blk.0.attn_rel_b"),
            WeightBinding(.positionBias, "decoder.\(biasTable)", gguf: "dec.blk.0.attn_rel_b"),
            WeightBinding(.encoderNorm, "encoder.final_layer_norm", gguf: "enc.output_norm"),
            WeightBinding(.finalNorm, "decoder.final_layer_norm", gguf: "dec.output_norm"),
            WeightBinding(.head, "lm_head", gguf: "output"),
        ],
        WeightNames.Stack(
            "decoder.block.", gguf: "dec.blk.", inLayer: selfAttention() + crossAttention + network(2)),
        encoder: WeightNames.Stack("encoder.block.", gguf: "enc.blk.", inLayer: selfAttention() + network(1)),
        // Copies of the embedding, and a table that the first checkpoints hold and nothing reads.
        unread: [
            "encoder.embed_tokens.weight", "decoder.embed_tokens.weight",
            "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
        ])

    // MARK: What both files come to

    private struct Sizes {
        var width, innerWidth, heads, headWidth, encoderLayers, layers, vocabularySize: Int
        var bias: RelativeBiasSpec
        var norm: NormSpec
        var network: (activation: Activation, isGated: Bool)
        var startToken: Int
        var beginToken: Int?
        var endTokens: [Int]
        /// Of what is read, and of what is written.
        var positions: Int
    }

    private static func configuration(
        _ version: Version, _ sizes: Sizes, isTied: Bool, scale: Float
    ) -> ModelConfiguration {
        func attention(_ mask: AttentionMask, bias: RelativeBiasSpec?) -> AttentionSpec {
            AttentionSpec(
                norm: sizes.norm,
                shape: AttentionShape(
                    heads: sizes.heads, groups: sizes.heads, headWidth: sizes.headWidth, scale: 1, mask: mask,
                    rotary: nil),
                bias: bias)
        }
        let network = FeedForwardSpec(
            norm: sizes.norm, width: sizes.innerWidth, activation: sizes.network.activation,
            isGated: sizes.network.isGated)
        let reading = BlockSpec(attention: attention(.bidirectional, bias: sizes.bias), feedForward: network)
        let writing = BlockSpec(
            attention: attention(.causal, bias: sizes.bias), crossAttention: attention(.bidirectional, bias: nil),
            feedForward: network)
        return ModelConfiguration(
            family: version.name, width: sizes.width, vocabularySize: sizes.vocabularySize,
            encoder: EncoderSpec(
                blocks: Array(repeating: reading, count: sizes.encoderLayers), finalNorm: sizes.norm,
                startToken: sizes.startToken),
            blocks: Array(repeating: writing, count: sizes.layers), finalNorm: sizes.norm, isTied: isTied,
            head: HeadSpec(scale: scale), contextLength: 2 * sizes.positions,
            beginToken: sizes.beginToken, endTokens: sizes.endTokens)
    }

    private static let usualPositions = 512

    // MARK: config.json

    static let ownFields: [ConfigurationField<JSONValue>] =
        ConfigurationField.read(
            "d_model", "d_kv", "d_ff", "num_layers", "num_heads", "relative_attention_num_buckets",
            "relative_attention_max_distance", "layer_norm_epsilon", "feed_forward_proj", mayBeNull: false)
        + ConfigurationField.read(
            "num_decoder_layers", "decoder_start_token_id", "pad_token_id", "n_positions", "tie_word_embeddings",
            "scale_decoder_outputs")
        // What transformers reckons from `feed_forward_proj`, whatever the file says.
        + ConfigurationField.harmless(["dense_act_fn", "is_gated_act"])
        + ConfigurationField.harmless(["initializer_factor", "output_past", "classifier_dropout", "hidden_act"])
        // What other families have; nothing of this one is called so.
        + ConfigurationField.harmless([
            "intermediate_size", "max_position_embeddings", "rms_norm_eps", "num_key_value_heads", "rope_scaling",
            "rope_parameters", "partial_rotary_factor", "rope_theta", "original_max_position_embeddings",
        ])
        + [
            ConfigurationField(key: "is_encoder_decoder", use: .only([true])),
            ConfigurationField(key: "is_decoder", use: .only([false, nil])),
            ConfigurationField(key: "dropout_rate", use: .trainingOnly([0])),
        ]

    private static func read(_ fields: HuggingFaceFields, _ version: Version) throws -> ModelConfiguration {
        let layers = try size("num_layers", "num_hidden_layers", fields) ?? version.layers
        let width = try size("d_model", "hidden_size", fields) ?? 512
        let tied = try fields.flag("tie_word_embeddings") ?? true
        let scales = version.scalesTied ? try fields.flag("scale_decoder_outputs") ?? tied : false
        let sizes = Sizes(
            width: width, innerWidth: try fields.optional("d_ff") ?? version.innerWidth,
            heads: try size("num_heads", "num_attention_heads", fields) ?? version.heads,
            headWidth: try size("d_kv", "head_dim", fields) ?? 64,
            encoderLayers: try ModelConfiguration.layers(layers, key: "num_layers"),
            layers: try ModelConfiguration.layers(
                try fields.optional("num_decoder_layers") ?? layers, key: "num_decoder_layers"),
            vocabularySize: try fields.required("vocab_size"), bias: try bias(fields),
            norm: NormSpec(epsilon: Float(try fields.number("layer_norm_epsilon") ?? 1e-6)),
            network: try network(try fields.text("feed_forward_proj") ?? version.network),
            startToken: try fields.optional("decoder_start_token_id") ?? fields.optional("pad_token_id") ?? 0,
            beginToken: fields.beginToken, endTokens: fields.endTokens,
            positions: try fields.optional("n_positions") ?? usualPositions)
        // A head that stands beside the embedding counts whatever the file says of it.
        return configuration(version, sizes, isTied: true, scale: scales ? 1 / Float(width).squareRoot() : 1)
    }

    /// A size by the family's name of it, or by the one that all have.
    private static func size(_ own: String, _ common: String, _ fields: HuggingFaceFields) throws -> Int? {
        let (one, two) = (try fields.optional(own), try fields.optional(common))
        if let one, let two, one != two {
            throw ModelConfigurationError.invalid(key: common, value: "\(two)", expected: "\(one), as \(own) says")
        }
        return one ?? two
    }

    private static func bias(_ fields: HuggingFaceFields) throws -> RelativeBiasSpec {
        let buckets = try fields.optional("relative_attention_num_buckets") ?? 32
        let farthest = try fields.optional("relative_attention_max_distance") ?? 128
        guard buckets >= 4, buckets % 4 == 0 else {
            throw ModelConfigurationError.invalid(
                key: "relative_attention_num_buckets", value: "\(buckets)", expected: "a multiple of 4")
        }
        guard farthest > buckets / 2 else {
            throw ModelConfigurationError.invalid(
                key: "relative_attention_max_distance", value: "\(farthest)", expected: "more than \(buckets / 2)")
        }
        return RelativeBiasSpec(buckets: buckets, farthest: farthest)
    }

    /// The networks by transformers' names of them.
    private static let networks: [(name: String, activation: Activation, isGated: Bool)] = [
        ("relu", .relu, false), ("gelu", .gelu, false), ("gelu_new", .geluTanh, false), ("silu", .silu, false),
        // The one gated name that does not mean what it says: transformers takes the tanh form.
        ("gated-gelu", .geluTanh, true), ("gated-gelu_new", .geluTanh, true), ("gated-relu", .relu, true),
        ("gated-silu", .silu, true),
    ]

    private static func network(_ name: String) throws -> (activation: Activation, isGated: Bool) {
        guard let found = networks.first(where: { $0.name == name }) else {
            throw ModelConfigurationError.unsupported(key: "feed_forward_proj", value: name)
        }
        return (found.activation, found.isGated)
    }

    static func write(_ model: ModelConfiguration) -> [JSONObject.Member] {
        guard let encoder = model.encoder, let block = model.blocks.first, let bias = block.attention.bias else {
            return []
        }
        let (shape, network) = (block.attention.shape, block.feedForward)
        let name = networks.first { $0.activation == network.activation && $0.isGated == network.isGated }?.name
        let scales = model.head.scale != 1
        return [
            ("is_encoder_decoder", true), ("d_model", .integer(model.width)), ("d_kv", .integer(shape.headWidth)),
            ("d_ff", .integer(network.width)), ("num_heads", .integer(shape.heads)),
            ("num_layers", .integer(encoder.blocks.count)), ("num_hidden_layers", .integer(encoder.blocks.count)),
            ("num_decoder_layers", .integer(model.layers)),
            ("relative_attention_num_buckets", .integer(bias.buckets)),
            ("relative_attention_max_distance", .integer(bias.farthest)),
            ("layer_norm_epsilon", .double(model.norms.last.map(\.epsilon.written) ?? 1e-6)),
            ("feed_forward_proj", name.map { .string($0) } ?? .null),
            ("n_positions", .integer(model.contextLength / 2)),
            ("decoder_start_token_id", .integer(encoder.startToken)), ("pad_token_id", .integer(encoder.startToken)),
            ("tie_word_embeddings", .bool(model.isTied)), ("scale_decoder_outputs", .bool(scales)),
        ]
    }

    // MARK: GGUF

    static let ownKeys: [ConfigurationField<GGUFValue>] =
        ["decoder_block_count", "decoder_start_token_id", "attention.relative_buckets_count"].map {
            ConfigurationField(key: $0, use: .read)
        }

    /// llama.cpp knows one farthest distance.
    private static let ggufFarthest = 128

    private static func read(_ fields: GGUFFields, _ version: Version) throws -> ModelConfiguration {
        let width = try fields.required("embedding_length"), heads = try fields.heads(), layers = try fields.layers()
        guard fields.has("enc.blk.0.ffn_gate.weight") else {
            throw ModelConfigurationError.unsupported(key: "enc.blk.0.ffn_gate", value: "missing")
        }
        let positions = try fields.optional("context_length") ?? usualPositions
        let sizes = Sizes(
            width: width, innerWidth: try fields.required("feed_forward_length"), heads: heads,
            headWidth: try fields.headWidth(width: width, heads: heads), encoderLayers: layers,
            layers: try ModelConfiguration.layers(
                try fields.optional("decoder_block_count") ?? layers, key: "decoder_block_count"),
            vocabularySize: try fields.vocabularySize(),
            bias: RelativeBiasSpec(
                buckets: try fields.required("attention.relative_buckets_count"), farthest: ggufFarthest),
            norm: try fields.norm(), network: (.geluTanh, true),
            startToken: try fields.optional("decoder_start_token_id") ?? 0, beginToken: fields.beginToken,
            endTokens: fields.endTokens, positions: positions)
        return configuration(version, sizes, isTied: !fields.has("output.weight"), scale: 1)
    }
}
