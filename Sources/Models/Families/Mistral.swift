// Mistral: Llama with a window over what came before, in all layers or (Ministral) in those that `layer_types` names. Its GGUF
// files say "llama", and have none.

extension ModelFamily {
    static let mistral = PreNormDecoder(
        name: "mistral", defaults: .init(contextLength: 131_072, keyValueHeads: 8, headWidth: nil),
        biases: .never, hasHeadNorm: false, window: .everywhere
    ).family(
        className: "MistralForCausalLM", gguf: .llama,
        scaledModules: ScaledModules(outputs: ["k_proj", "v_proj"], inputs: ["down_proj"]),
        ownFields: ConfigurationField.read("sliding_window", "layer_types")
            + ConfigurationField.harmless([
                "attention_bias", "mlp_bias", "max_window_layers", "use_sliding_window", "pretraining_tp",
            ]))
}
