// OLMoE: experts in every layer, and a norm over all heads of queries together, and of keys.

import JSON

extension ModelFamily {
    static let olmoe = PreNormDecoder(
        name: "olmoe", defaults: .init(contextLength: 4_096, keyValueHeads: nil, headWidth: nil, epsilon: 1e-5),
        biases: .asConfigured(mlp: false), hasHeadNorm: true, window: .none, headNormReach: .allHeads,
        experts: ExpertFields(
            countKey: "num_experts", widthKey: nil, defaults: .init(count: 64, used: 8), leavesDenseLayers: false,
            normalisation: .asConfigured,
            modules: .init(
                router: "mlp.gate", gate: "mlp.experts.#.gate_proj", up: "mlp.experts.#.up_proj",
                down: "mlp.experts.#.down_proj"),
            dividesInGGUF: false),
        requireGGUF: requireOLMoE
    ).family(
        className: "OlmoeForCausalLM", gguf: .olmoe, taskClasses: [],
        ownFields: ConfigurationField.read("attention_bias", mayBeNull: false)
            + [
                ConfigurationField(key: "clip_qkv", use: .only([nil])),
                ConfigurationField(key: "sliding_window", use: .only([nil])),
            ]
            + ConfigurationField.harmless(["mlp_bias", "use_sliding_window", "max_window_layers", "layer_types"]))

    /// llama.cpp wants the family as its one model is.
    private static func requireOLMoE(_ model: ModelConfiguration) throws {
        let attention = model.blocks[0].attention, shape = attention.shape
        if attention.hasInputBias {
            throw GGUFDescription.refusal("attention_bias", "true", "knows no such biases for olmoe")
        }
        if model.isTied {
            throw GGUFDescription.refusal("tie_word_embeddings", "true", "wants a head of its own for olmoe")
        }
        if shape.groups != shape.heads {
            throw GGUFDescription.refusal(
                "num_key_value_heads", "\(shape.groups)", "loads no olmoe whose \(shape.heads) heads share keys")
        }
    }
}
