// The families whose projections are one weight: their own members of `config.json`, and what their weights are called.

extension TinyFamily {
    /// Whether query, key and value are one weight.
    var isFused: Bool { [.gpt2, .phi3, .gptNeoX, .falcon, .falconNew].contains(self) }

    /// By how much llama.cpp's numbers may be others than Lathe's: it has activations by table, of some families another form.
    public var llamaCppBound: Double {
        switch self {
        case .gemma2, .gemma3, .gpt2: 4e-3
        case .gptNeoX, .falcon, .falconNew: 1e-2
        default: 1e-5
        }
    }

    var fusedMembers: [String: String] {
        switch self {
        case .gpt2: ["model_type": #""gpt2""#, "n_inner": "40", "layer_norm_epsilon": "1e-05"]
        case .phi3: ["model_type": #""phi3""#, "partial_rotary_factor": "0.5"]
        case .gptNeoX:
            [
                "model_type": #""gpt_neox""#, "layer_norm_eps": "1e-05", "rotary_pct": "0.5",
                "use_parallel_residual": "false",
            ]
        case .falcon: ["model_type": #""falcon""#, "ffn_hidden_size": "40", "layer_norm_epsilon": "1e-05"]
        default:
            [
                "model_type": #""falcon""#, "ffn_hidden_size": "40", "layer_norm_epsilon": "1e-05",
                "num_kv_heads": "2", "new_decoder_architecture": "true",
            ]
        }
    }

    /// What a layer has: norms, and matrices as the files hold them.
    private var fusedLayer: (norms: [String], matrices: [(name: String, sizes: [Int])]) {
        switch self {
        case .gpt2:
            (
                ["ln_1", "ln_2"],
                [
                    ("attn.c_attn", [32, 96]), ("attn.c_proj", [32, 32]), ("mlp.c_fc", [32, 40]),
                    ("mlp.c_proj", [40, 32]),
                ]
            )
        case .phi3:
            (
                ["input_layernorm", "post_attention_layernorm"],
                [
                    ("self_attn.qkv_proj", [64, 32]), ("self_attn.o_proj", [32, 32]),
                    ("mlp.gate_up_proj", [80, 32]), ("mlp.down_proj", [32, 40]),
                ]
            )
        case .gptNeoX:
            (
                ["input_layernorm", "post_attention_layernorm"],
                [
                    ("attention.query_key_value", [96, 32]), ("attention.dense", [32, 32]),
                    ("mlp.dense_h_to_4h", [40, 32]), ("mlp.dense_4h_to_h", [32, 40]),
                ]
            )
        default:
            (
                self == .falcon ? ["input_layernorm"] : ["ln_attn", "ln_mlp"],
                [
                    ("self_attention.query_key_value", [self == .falcon ? 48 : 64, 32]),
                    ("self_attention.dense", [32, 32]), ("mlp.dense_h_to_4h", [40, 32]),
                    ("mlp.dense_4h_to_h", [32, 40]),
                ]
            )
        }
    }

    /// The names of embeddings, of the last norm, of the head and of a layer's beginning.
    private var fusedNames: (embeddings: [(String, Int)], norm: String, head: String?, layers: String) {
        switch self {
        case .gpt2:
            ([("transformer.wte", 512), ("transformer.wpe", 256)], "transformer.ln_f", nil, "transformer.h.")
        case .phi3: ([("model.embed_tokens", 512)], "model.norm", "lm_head", "model.layers.")
        case .gptNeoX: ([("gpt_neox.embed_in", 512)], "gpt_neox.final_layer_norm", "embed_out", "gpt_neox.layers.")
        case .falcon: ([("transformer.word_embeddings", 512)], "transformer.ln_f", nil, "transformer.h.")
        default: ([("transformer.word_embeddings", 512)], "transformer.ln_f", "lm_head", "transformer.h.")
        }
    }

    func fusedShapes(layers: Int) -> [(name: String, sizes: [Int])] {
        let names = fusedNames, layer = fusedLayer
        let hasBiases = self == .gpt2 || self == .gptNeoX
        func norm(_ name: String) -> [(String, [Int])] {
            [(name + ".weight", [32])] + (self == .phi3 ? [] : [(name + ".bias", [32])])
        }
        var shapes = names.embeddings.map { ($0.0 + ".weight", [$0.1, 32]) } + norm(names.norm)
        if let head = names.head { shapes.append((head + ".weight", [512, 32])) }
        for number in 0..<layers {
            let place = "\(names.layers)\(number)."
            shapes += layer.norms.flatMap { norm(place + $0) }
            shapes += layer.matrices.map { (place + $0.name + ".weight", $0.sizes) }
            if hasBiases {
                shapes += layer.matrices.map { (place + $0.name + ".bias", [$0.sizes[self == .gpt2 ? 1 : 0]]) }
            }
        }
        return shapes
    }
}
