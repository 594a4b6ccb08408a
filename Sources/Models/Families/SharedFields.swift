// The fields of `config.json` that all families have in transformers, and those that tools add to every file.

import JSON

extension ConfigurationField where Value == JSONValue {
    /// Fields of any decoder's `config.json`.
    static let shared: [ConfigurationField] =
        sizes + rotary + refused + read("model_type", "bos_token_id", "eos_token_id")
        + harmless(bookkeeping) + harmless(tokens) + harmless(heads) + harmless(generation)

    /// Fields that decide what is computed.
    static func read(_ keys: String..., mayBeNull: Bool = true) -> [ConfigurationField] {
        keys.map { ConfigurationField(key: $0, use: .read, mayBeNull: mayBeNull) }
    }

    /// Fields without an effect on what is computed.
    static func harmless(_ keys: [String]) -> [ConfigurationField] {
        keys.map { ConfigurationField(key: $0, use: .harmless) }
    }

    private static let sizes =
        read(
            "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size",
            "max_position_embeddings", "rms_norm_eps", "tie_word_embeddings", mayBeNull: false)
        + read("num_key_value_heads", "head_dim")
        + [ConfigurationField(key: "hidden_act", use: .only(["silu", "swish"]))]

    private static let rotary =
        read("rope_scaling", "rope_parameters", "partial_rotary_factor")
        + read("rope_theta", "original_max_position_embeddings", mayBeNull: false)

    /// What would change the numbers or the tensors.
    private static let refused: [ConfigurationField] = [
        ConfigurationField(key: "is_causal", use: .only([true])),
        ConfigurationField(key: "is_encoder_decoder", use: .only([false, nil])),
        ConfigurationField(key: "add_cross_attention", use: .only([false, nil])),
        ConfigurationField(key: "quantization_config", use: .only([nil])),
        ConfigurationField(key: "per_layer_config", use: .only([nil, [:]])),
        ConfigurationField(key: "pruned_heads", use: .only([nil, [:]])),
        // Names the file of weights to take instead of the usual ones.
        ConfigurationField(key: "transformers_weights", use: .only([nil])),
        ConfigurationField(key: "attention_dropout", use: .trainingOnly([0, nil])),
    ]

    private static let bookkeeping = [
        "architectures", "transformers_version", "dtype", "torch_dtype", "_name_or_path", "name_or_path",
        "_commit_hash", "auto_map", "initializer_range", "use_cache", "gradient_checkpointing", "attn_implementation",
        "_attn_implementation", "_attn_implementation_autoset", "_attn_implementation_internal",
        "experts_implementation", "_experts_implementation_internal", "_flash_attn_2_enabled",
        "chunk_size_feed_forward", "return_dict",
        "output_attentions", "output_hidden_states", "use_return_dict", "torchscript", "use_bfloat16", "tf_legacy_loss",
        "fusion_config", "distributed_config", "base_model_tp_plan", "base_model_pp_plan", "transformers.js_config",
        "unsloth_version", "unsloth_fixed", "is_llama_config", "rope_interleaved", "tie_last_hidden_states",
        "is_decoder", "tie_encoder_decoder", "cross_attention_hidden_size",
    ]

    private static let tokens = [
        "pad_token_id", "sep_token_id", "unk_token_id", "cls_token_id", "mask_token_id", "decoder_start_token_id",
        "tokenizer_class", "prefix",
    ]

    /// Of heads other than the language model's.
    private static let heads = [
        "id2label", "label2id", "num_labels", "problem_type", "finetuning_task", "task_specific_params",
    ]

    /// Settings of generation, which transformers takes out of `config.json` unread.
    private static let generation = [
        "max_length", "max_new_tokens", "min_length", "min_new_tokens", "early_stopping", "do_sample", "num_beams",
        "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p", "min_p", "typical_p",
        "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids",
        "num_return_sequences", "output_scores", "return_dict_in_generate", "forced_bos_token_id",
        "forced_eos_token_id", "remove_invalid_values", "exponential_decay_length_penalty", "suppress_tokens",
        "begin_suppress_tokens", "epsilon_cutoff", "eta_cutoff", "cache_implementation",
    ]
}
