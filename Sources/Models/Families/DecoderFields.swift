// What the files of most decoders say alike, whichever kind they are: sizes, heads, tokens.

import Kernels

/// Sizes and tokens of a decoder; what its blocks are made of, its family says.
struct DecoderFields {
    /// What transformers takes where `config.json` is silent.
    struct Defaults: Sendable {
        let contextLength: Int
        /// nil: as many as query heads.
        var groups: Int?
        var isTied = false
        /// nil: the width shared out among the heads.
        var headWidth: Int?
    }

    let width: Int
    let layers: Int
    let heads: Int
    let groups: Int
    let headWidth: Int
    let innerWidth: Int
    let vocabularySize: Int
    let contextLength: Int
    let isTied: Bool
    private let beginToken: Int?
    private let endTokens: [Int]

    /// - Throws: `ModelConfigurationError` for what is missing or can be no size.
    init(_ fields: HuggingFaceFields, _ defaults: Defaults) throws {
        width = try fields.required("hidden_size")
        layers = try fields.layers()
        heads = try fields.required("num_attention_heads")
        let usual = fields.json["num_key_value_heads"] == nil ? defaults.groups : nil
        groups = try fields.optional("num_key_value_heads") ?? usual ?? heads
        headWidth =
            try fields.optional("head_dim") ?? defaults.headWidth
            ?? Self.headWidth(width: width, heads: heads)
        innerWidth = try fields.required("intermediate_size")
        vocabularySize = try fields.required("vocab_size")
        contextLength = try fields.optional("max_position_embeddings") ?? defaults.contextLength
        isTied = try fields.flag("tie_word_embeddings") ?? defaults.isTied
        (beginToken, endTokens) = (fields.beginToken, fields.endTokens)
    }

    /// - Parameter turnsWhole: whether the family's rotation takes in all numbers of a head.
    /// - Throws: `ModelConfigurationError` for what is missing or can be no size.
    init(_ fields: GGUFFields, turnsWhole: Bool = true) throws {
        width = try fields.required("embedding_length")
        layers = try fields.layers()
        heads = try fields.heads()
        groups = try fields.optional("attention.head_count_kv") ?? heads
        headWidth = try fields.headWidth(width: width, heads: heads, turnsWhole: turnsWhole)
        innerWidth = try fields.required("feed_forward_length")
        vocabularySize = try fields.vocabularySize()
        contextLength = try fields.optional("context_length") ?? 2_048
        isTied = !fields.has("output.weight")
        (beginToken, endTokens) = (fields.beginToken, fields.endTokens)
    }

    /// The width shared out among the heads.
    static func headWidth(width: Int, heads: Int) throws -> Int {
        guard heads > 0, width % heads == 0 else {
            throw ModelConfigurationError.invalid(
                key: "hidden_size", value: "\(width)", expected: "a multiple of num_attention_heads = \(heads)")
        }
        return width / heads
    }

    func shape(rotary: RotaryPositions?, window: Int? = nil) -> AttentionShape {
        AttentionShape(heads: heads, groups: groups, headWidth: headWidth, window: window, rotary: rotary)
    }

    func configuration(
        family: String, blocks: [BlockSpec], finalNorm: NormSpec, head: HeadSpec = HeadSpec()
    ) -> ModelConfiguration {
        ModelConfiguration(
            family: family, width: width, vocabularySize: vocabularySize, blocks: blocks, finalNorm: finalNorm,
            isTied: isTied, head: head, contextLength: contextLength, beginToken: beginToken, endTokens: endTokens)
    }
}

extension GGUFFields {
    /// How a decoder of these sizes turns its heads.
    /// - Parameter isInterleaved: whether the family's pairs lie side by side.
    func rotary(
        _ sizes: DecoderFields, base usual: Double = 10_000, isInterleaved: Bool = false
    ) throws -> RotaryPositions {
        let width = try rotaryWidth(headWidth: sizes.headWidth), base = try number("rope.freq_base") ?? usual
        return RotaryPositions(
            headWidth: sizes.headWidth, width: width, isInterleaved: isInterleaved, base: base,
            scaling: try rotaryScaling(base: base, width: width, contextLength: sizes.contextLength))
    }
}

extension HuggingFaceFields {
    /// `layer_norm_eps`.
    func layerNorm(hasBias: Bool = false) throws -> NormSpec {
        NormSpec(.layer, epsilon: Float(try number("layer_norm_eps") ?? 1e-5), hasBias: hasBias)
    }

    /// What `key` multiplies with; `usual` where the file does not say.
    /// - Throws: `ModelConfigurationError` for what is no number above 0.
    func multiplier(_ key: String, usual: Double) throws -> Double {
        let value = try number(key) ?? usual
        guard value > 0, value.isFinite else {
            throw ModelConfigurationError.invalid(key: key, value: "\(value)", expected: "a number above 0")
        }
        return value
    }
}

extension GGUFFields {
    /// What `key` multiplies with; nil where it is 0 or not there, which llama.cpp takes for none.
    /// - Throws: `ModelConfigurationError` for what is no number, or below 0.
    func multiplier(_ key: String) throws -> Double? {
        guard let value = try number(key), value != 0 else { return nil }
        guard value > 0, value.isFinite else {
            throw ModelConfigurationError.invalid(
                key: "\(architecture).\(key)", value: "\(value)", expected: "a number above 0")
        }
        return value
    }
}

extension Float {
    /// The double that prints as the number does: 0.3, not 0.30000001192092896.
    var written: Double { Double("\(self)") ?? Double(self) }

    /// The shortest double whose reciprocal is the number.
    var writtenReciprocal: Double {
        let exact = 1 / Double(self)
        var power = 1.0
        for _ in 0..<9 {
            let candidate = (exact * power).rounded() / power
            if candidate != 0, Float(1 / candidate) == self { return candidate }
            power *= 10
        }
        return exact
    }
}
