// A `config.json` that says it is of one family and has what only others have: multipliers, layers without positions, experts,
// pictures. Its weights were made for other mathematics than its `model_type` names, so it is refused, and says by what.

import JSON

/// What gives a look-alike away.
enum ForeignFields {
    /// Fields by which families that are not computed here, or under another `model_type`, change their numbers; each with the values
    /// that change nothing. A family that has such a field itself lists it, and is not asked here.
    private static let telling: [(keys: [String], neutral: [JSONValue])] = [
        // Factors.
        (
            [
                "embedding_multiplier", "residual_multiplier", "logits_scaling", "logit_scale", "lm_head_multiplier",
                "key_multiplier", "attention_in_multiplier", "attention_out_multiplier", "scale_emb", "emb_scale",
                "output_multiplier_scale", "embedding_multiplier_scale", "query_multiplier", "rotary_pct",
                "rotary_percent", "partial_rotary_factor", "mup_width_multiplier", "mup_attn_multiplier",
                "mup_embeddings_scale", "mup_output_alpha",
            ], [nil, 1]
        ),
        (
            [
                "attention_multiplier", "scale_depth", "mlp_multipliers", "ssm_multipliers", "query_pre_attn_scalar",
                "attn_logit_softcapping", "final_logit_softcapping", "attn_logit_softcap", "final_logit_softcap",
                "logits_soft_cap", "clip_qkv", "clip_qk", "rope_dim", "rotary_dim",
            ], [nil, 0]
        ),
        // Norms, biases and the order of sublayers.
        (
            [
                "use_qk_norm", "qk_norm", "qk_layernorm", "use_qk_layernorm", "use_post_norm", "use_parallel_residual",
                "parallel_residual", "parallel_attn", "use_sub_ln", "use_scaled_init", "scale_embedding",
                "scale_emb_sqrt",
                "alibi", "use_alibi", "multi_query", "new_decoder_architecture", "use_double_wide_mlp",
                "normalize_embeddings",
                "attn_output_gate", "attention_sink", "use_attention_sinks", "use_bidirectional_attention", "share_kv",
            ], [nil, false, 0]
        ),
        // Layers of other kinds.
        (
            [
                "num_experts", "num_local_experts", "n_routed_experts", "n_shared_experts", "num_experts_per_tok",
                "moe_intermediate_size", "kv_lora_rank", "q_lora_rank", "qk_rope_head_dim", "attention_chunk_size",
                "no_rope_layer_interval", "nope_layer_interval", "num_kv_shared_layers", "hidden_size_per_layer_input",
                "mamba_d_state", "ssm_state_size", "attn_layer_period", "expert_layer_period", "cross_attention_layers",
                "sliding_window_pattern", "global_attn_every_n_layers", "altup_num_inputs", "laurel_rank",
                "num_memory_slots",
            ], [nil, 0, 1, []]
        ),
        (["layers_block_type", "block_types", "mamba_layers", "hybrid_override_pattern"], [nil, []]),
        // Other senses than reading.
        (
            [
                "vision_config", "text_config", "audio_config", "speech_config", "encoder_config", "decoder_config",
                "image_token_id", "image_token_index", "audio_token_id", "video_token_id", "mm_vision_tower",
            ], [nil]
        ),
    ]

    /// Lists of a flag for each layer: 1 where it is as usual.
    private static let flagsOfLayers = ["no_rope_layers", "use_rope_layers"]

    /// Throws for the first field, or the class, that says that the model is another than its `model_type` names.
    static func check(_ json: JSONValue, _ family: ModelFamily) throws(ModelConfigurationError) {
        for (key, value) in json.object?.members ?? [] where family.fields[key] == nil {
            let neutral = telling.first { $0.keys.contains(key) }?.neutral
            let isForeign = neutral.map { !$0.contains { isSame($0, value) } } ?? false
            let hasOtherLayers =
                flagsOfLayers.contains(key)
                && value.array.map { $0.contains { !isSame($0, 1) && !isSame($0, true) } } == true
            guard isForeign || hasOtherLayers else { continue }
            throw .foreign(key: key, value: value.string ?? value.text(.compact), family: family.name)
        }
        for (key, name) in classes(json) where stem(name) != stem(family.className) {
            throw .foreign(key: key, value: name, family: family.name)
        }
    }

    private static func isSame(_ one: JSONValue, _ other: JSONValue) -> Bool {
        one == other || (one.double != nil && one.double == other.double)
    }

    /// The classes that the file names for itself, and those that code beside it has for it.
    private static func classes(_ json: JSONValue) -> [(key: String, name: String)] {
        let named = (json["architectures"]?.array ?? []).compactMap(\.string).map { (key: "architectures", name: $0) }
        let own = (json["auto_map"]?.object?.members ?? []).filter { $0.key.hasPrefix("AutoModel") }
            .compactMap { $0.value.string ?? $0.value.array?.first?.string }
            .compactMap { $0.split(separator: ".").last.map { (key: "auto_map", name: String($0)) } }
        return named + own
    }

    /// A class without what it is for: "llama" of LlamaForCausalLM, LlamaModel and LlamaForSequenceClassification.
    private static func stem(_ name: String) -> String {
        var stem = Substring(name)
        if let end = stem.firstRange(of: "For") { stem = stem[..<end.lowerBound] }
        for ending in ["LMHeadModel", "PreTrainedModel", "TextModel", "Model"] where stem.hasSuffix(ending) {
            stem = stem.dropLast(ending.count)
        }
        return stem.lowercased().filter { $0 != "_" && $0 != "-" }
    }
}
