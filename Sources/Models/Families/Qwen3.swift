// Qwen3: a norm over each head of queries and keys, and heads of a width of their own.

extension ModelFamily {
    static let qwen3 = PreNormDecoder(
        name: "qwen3", defaults: .init(contextLength: 32_768, keyValueHeads: 32, headWidth: 128),
        biases: .asConfigured(mlp: false), hasHeadNorm: true, window: .byLayer
    ).family(
        className: "Qwen3ForCausalLM", gguf: .qwen3,
        scaledModules: ScaledModules(outputs: ["q_proj", "v_proj"], inputs: ["down_proj"]),
        ownFields: qwenWindow + ConfigurationField.read("attention_bias", "head_dim", mayBeNull: false)
            + ConfigurationField.harmless(["mlp_bias"]))
}
