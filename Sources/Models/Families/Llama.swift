// Llama, and all that calls itself so: SmolLM2, TinyLlama, Yi, ….

extension ModelFamily {
    static let llama = PreNormDecoder(
        name: "llama", defaults: .init(contextLength: 2_048, keyValueHeads: nil, headWidth: nil),
        biases: .asConfigured(mlp: true), hasHeadNorm: false, window: .none
    ).family(
        className: "LlamaForCausalLM", gguf: .llama,
        scaledModules: ScaledModules(outputs: ["k_proj", "v_proj"], inputs: ["down_proj"]),
        ownFields: ConfigurationField.read("attention_bias", "mlp_bias", mayBeNull: false)
            // transformers' Llama has no window, whatever a file made from a Mistral says.
            + ConfigurationField.harmless([
                "pretraining_tp", "sliding_window", "use_sliding_window", "max_window_layers", "layer_types",
            ]))
}
