// What no model can be: sizes that contradict one another are told with the key that gave them.

extension ModelConfiguration {
    /// The largest value any size may have: far above real models, far below what overflows in a product of two.
    static let largestSize = 1 << 26
    static let mostLayers = 4_096

    /// `count`, as `key` gives it.
    /// - Throws: `ModelConfigurationError` for a number of layers that no model has.
    static func layers(_ count: Int, key: String) throws -> Int {
        guard (1...mostLayers).contains(count) else {
            throw ModelConfigurationError.invalid(key: key, value: "\(count)", expected: "1…\(mostLayers)")
        }
        return count
    }

    /// Throws where the sizes contradict one another, whichever file they came from.
    func validated() throws -> ModelConfiguration {
        func check(_ key: String, _ value: Int, atMost limit: Int = ModelConfiguration.largestSize) throws {
            guard (1...limit).contains(value) else {
                throw ModelConfigurationError.invalid(key: key, value: "\(value)", expected: "1…\(limit)")
            }
        }
        // Products of bf16 take pairs.
        func checkEven(_ key: String, _ value: Int) throws {
            guard value % 2 == 0 else {
                throw ModelConfigurationError.invalid(key: key, value: "\(value)", expected: "an even number")
            }
        }
        try check("hidden_size", width)
        try checkEven("hidden_size", width)
        try check("num_hidden_layers", layers, atMost: Self.mostLayers)
        try check("vocab_size", vocabularySize)
        try check("max_position_embeddings", contextLength, atMost: 1 << 40)
        if let positions = embedding.positions {
            try check("max_position_embeddings", positions.count)
            try check("max_position_embeddings", positions.mostTokens)
        }
        if embedding.tokenTypes != 0 { try check("type_vocab_size", embedding.tokenTypes) }
        for shape in allBlocks.flatMap(\.attentions).map(\.shape) {
            try check("num_attention_heads", shape.heads, atMost: 1 << 16)
            try check("num_key_value_heads", shape.groups, atMost: 1 << 16)
            try check("head_dim", shape.headWidth, atMost: 1 << 16)
            try checkEven("head_dim", shape.headWidth)
            if let window = shape.window { try check("sliding_window", window, atMost: 1 << 40) }
            guard shape.heads % shape.groups == 0 else {
                throw ModelConfigurationError.invalid(
                    key: "num_key_value_heads", value: "\(shape.groups)",
                    expected: "a divisor of num_attention_heads = \(shape.heads)")
            }
            guard shape.scale > 0, shape.scale.isFinite else {
                throw ModelConfigurationError.invalid(
                    key: "query_pre_attn_scalar", value: "\(1 / (shape.scale * shape.scale))",
                    expected: "a number above 0")
            }
            if let softcap = shape.softcap, !(softcap > 0 && softcap.isFinite) {
                throw ModelConfigurationError.invalid(
                    key: "attn_logit_softcapping", value: "\(softcap)", expected: "a number above 0")
            }
            try shape.rotary?.validate()
        }
        for network in allBlocks.map(\.feedForward) {
            try check("intermediate_size", network.width)
            try checkEven("intermediate_size", network.width)
            if let experts = network.experts {
                try check("num_experts", experts.count, atMost: 1 << 16)
                try checkEven("num_experts", experts.count)
                try check("num_experts_per_tok", experts.used, atMost: experts.count)
            }
        }
        for norm in norms where !(norm.epsilon > 0 && norm.epsilon < 1) {
            throw ModelConfigurationError.invalid(
                key: norm.kind == .rms ? "rms_norm_eps" : "layer_norm_eps", value: "\(norm.epsilon)",
                expected: "a number in (0, 1)")
        }
        guard head.scale > 0, head.scale.isFinite else {
            throw ModelConfigurationError.invalid(
                key: "logit_scale", value: "\(head.scale)", expected: "a number above 0")
        }
        if let softcap = head.softcap, !(softcap > 0 && softcap.isFinite) {
            throw ModelConfigurationError.invalid(
                key: "final_logit_softcapping", value: "\(softcap)", expected: "a number above 0")
        }
        for scale in allBlocks.flatMap({ $0.attentions.map(\.residualScale) + [$0.feedForward.residualScale] })
        where !(scale > 0 && scale.isFinite) {
            throw ModelConfigurationError.invalid(
                key: "residual_multiplier", value: "\(scale)", expected: "a number above 0")
        }
        return self
    }
}
