// Qwen2 and Qwen2.5: biases on queries, keys and values, always.

extension ModelFamily {
    static let qwen2 = PreNormDecoder(
        name: "qwen2", defaults: .init(contextLength: 32_768, keyValueHeads: 32, headWidth: nil),
        biases: .alwaysOnInputs, hasHeadNorm: false, window: .byLayer
    ).family(
        className: "Qwen2ForCausalLM", gguf: .qwen2,
        scaledModules: ScaledModules(outputs: ["q_proj", "v_proj"], inputs: ["down_proj"]),
        ownFields: qwenWindow + ConfigurationField.harmless(["attention_bias", "mlp_bias", "use_mrope"]))

    /// How both Qwens say which layers have a window.
    static let qwenWindow =
        ConfigurationField.read("sliding_window", "layer_types")
        + ConfigurationField.read("use_sliding_window", "max_window_layers", mayBeNull: false)
}
