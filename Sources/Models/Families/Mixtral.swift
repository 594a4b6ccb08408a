// Mixtral: Mistral with experts in the place of its feed-forward networks. Its GGUF files say "llama", and that there are experts.

extension ModelFamily {
    static let mixtral = PreNormDecoder(
        name: "mixtral",
        defaults: .init(
            contextLength: 131_072, keyValueHeads: 8, headWidth: nil, epsilon: 1e-5, rotaryBase: 1_000_000),
        biases: .never, hasHeadNorm: false, window: .whereStated,
        experts: ExpertFields(
            countKey: "num_local_experts", widthKey: nil, defaults: .init(count: 8, used: 2), leavesDenseLayers: false,
            normalisation: .always,
            modules: .init(
                router: "block_sparse_moe.gate", gate: "block_sparse_moe.experts.#.w1",
                up: "block_sparse_moe.experts.#.w3", down: "block_sparse_moe.experts.#.w2"),
            dividesInGGUF: true)
    ).family(
        className: "MixtralForCausalLM", gguf: .llama,
        // PEFT names w2, too, which was a module once and is a part of a parameter now.
        scaledModules: ScaledModules(outputs: ["k_proj", "v_proj"], inputs: []),
        ownFields: ConfigurationField.read("sliding_window")
            + ConfigurationField.harmless([
                "attention_bias", "mlp_bias", "max_window_layers", "use_sliding_window", "layer_types",
            ]))
}
