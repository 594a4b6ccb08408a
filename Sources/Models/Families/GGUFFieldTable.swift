// The metadata of a GGUF file under its architecture's name, as llama.cpp reads it for the families here.

public import WeightFiles

extension FieldTable where Value == GGUFValue {
    /// Every key that llama.cpp reads for one of the architectures, or that would matter if it did.
    public static var gguf: FieldTable<GGUFValue> { FieldTable(fields: read + harmless + refused) }

    private static var read: [ConfigurationField<GGUFValue>] {
        [
            "context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count",
            "attention.head_count_kv", "attention.key_length", "attention.value_length",
            "attention.layer_norm_rms_epsilon", "rope.dimension_count", "rope.freq_base", "rope.scaling.type",
            "rope.scaling.factor", "rope.scale_linear", "rope.scaling.attn_factor",
            "rope.scaling.original_context_length",
        ].map { ConfigurationField(key: $0, use: .read) }
    }

    /// llama.cpp's graphs of these architectures know no window, no other norm and no pooling of logits.
    private static var harmless: [ConfigurationField<GGUFValue>] {
        [
            "vocab_size", "rope.scaling.finetuned", "tensor_data_layout", "attention.layer_norm_epsilon",
            "attention.sliding_window", "attention.sliding_window_pattern", "pooling_type", "rope.freq_base_swa",
            "rope.dimension_count_swa",
        ].map { ConfigurationField(key: $0, use: .harmless) }
    }

    private static var refused: [ConfigurationField<GGUFValue>] {
        [
            "expert_count", "expert_used_count", "expert_shared_count", "leading_dense_block_count",
            "nextn_predict_layers", "attn_logit_softcapping", "final_logit_softcapping", "attention.scale",
            "attention.output_scale", "attention.clamp_kqv", "attention.max_alibi_bias", "attention.temperature_scale",
            "attention.temperature_length", "rope.scaling.yarn_log_multiplier",
        ].map { ConfigurationField(key: $0, use: .only([.uint32(0)])) }
            + [
                "logit_scale", "residual_scale", "embedding_scale", "rope.scaling.alpha",
                "rope.scaling.yarn_attn_factor",
            ]
            .map { ConfigurationField(key: $0, use: .only([.uint32(0), .uint32(1)])) }
            + [
                ConfigurationField(key: "attention.causal", use: .only([.bool(true)])),
                ConfigurationField(key: "use_parallel_residual", use: .only([.bool(false)])),
                ConfigurationField(key: "rope.scaling.yarn_ext_factor", use: .only([.int32(-1)])),
                ConfigurationField(key: "rope.scaling.yarn_beta_fast", use: .only([.uint32(32)])),
                ConfigurationField(key: "rope.scaling.yarn_beta_slow", use: .only([.uint32(1)])),
                ConfigurationField(key: "rope.dimension_sections", use: .only([])),
            ]
    }
}

extension GGUFFile {
    /// The metadata under the architecture's name, keys without it.
    var architectureFields: [(key: String, value: GGUFValue)] {
        guard let architecture else { return [] }
        let prefix = architecture + "."
        return metadata.compactMap { key, value in
            key.hasPrefix(prefix) ? (String(key.dropFirst(prefix.count)), value) : nil
        }
    }
}

extension GGUFValue {
    /// Whether two values are the same number or truth, whatever their types in the file.
    func means(_ other: GGUFValue) -> Bool {
        if let left = bool, let right = other.bool { return left == right }
        if let left = double, let right = other.double { return left == right }
        return false
    }

    /// The value in a message.
    var shownValue: String {
        if let bool { return "\(bool)" }
        if let integer { return "\(integer)" }
        return double.map { "\($0)" } ?? string ?? typeName
    }
}
