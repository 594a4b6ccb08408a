// Qwen3 with experts in the place of its feed-forward networks, in all layers but those that `mlp_only_layers` and
// `decoder_sparse_step` leave one.

extension ModelFamily {
    static let qwen3MoE = PreNormDecoder(
        name: "qwen3_moe", defaults: .init(contextLength: 32_768, keyValueHeads: 4, headWidth: nil),
        biases: .asConfigured(mlp: false), hasHeadNorm: true, window: .whereUsed,
        experts: ExpertFields(
            countKey: "num_experts", widthKey: "moe_intermediate_size",
            defaults: .init(count: 128, used: 8, width: 768), leavesDenseLayers: true, normalisation: .asConfigured,
            modules: .init(
                router: "mlp.gate", gate: "mlp.experts.#.gate_proj", up: "mlp.experts.#.up_proj",
                down: "mlp.experts.#.down_proj"),
            dividesInGGUF: true)
    ).family(
        className: "Qwen3MoeForCausalLM", gguf: .qwen3moe,
        ownFields: ConfigurationField.read("attention_bias", "head_dim", mayBeNull: false)
            + ConfigurationField.read("sliding_window", "use_sliding_window")
            + ConfigurationField.harmless(["mlp_bias", "max_window_layers", "layer_types"]))
}
