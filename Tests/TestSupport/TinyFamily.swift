// Tiny random models of every family as Hugging Face folders, with a tokenizer, so that whole models can be written and read.

public import Foundation

/// A tiny model of one family, of 512 tokens. All its numbers are multiples of 1/256 below 1/2: fp16 and bf16 hold them exactly, and
/// so does fp32 with 1 added.
public enum TinyFamily: String, CaseIterable, Sendable {
    case llama, llama3, biases, divisors, mistral, qwen2, yarn, qwen3, gemma3, mixtral, qwen3MoE
    case granite, cohere, cohere2, stableLM, stableLMParallel, olmo2
    case gpt2, phi3, gptNeoX, falcon, falconNew, gemma2, smolLM3, olmoe

    /// Writes `config.json`, `model.safetensors` and the trained tokenizer of `TinyModel` into the new folder `folder`.
    ///
    /// - Parameter changes: members of `config.json`, as JSON text by key, in place of the family's own.
    public func write(to folder: URL, changing changes: [String: String] = [:]) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let members = common.merging(own) { $1 }.merging(changes) { $1 }
        let text = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ",\n")
        try Data("{\n\(text)\n}\n".utf8).write(to: folder.appendingPathComponent("config.json"))
        try weights().write(to: folder.appendingPathComponent("model.safetensors"))
        for name in ["tokenizer.json", "tokenizer_config.json", "generation_config.json"] {
            try FileManager.default.copyItem(
                at: TinyModel.chat.appendingPathComponent(name).resolvingSymlinksInPath(),
                to: folder.appendingPathComponent(name))
        }
    }

    // MARK: config.json

    private static let (width, heads, innerWidth, vocabulary) = (32, 4, 40, 512)
    /// llama.cpp knows no OLMoE whose heads share keys.
    private var groups: Int { self == .olmoe ? Self.heads : 2 }
    // So many that names in the order of letters are not in that of numbers.
    private static let experts = 12
    /// The fourth of SmolLM3's turns nothing.
    private var layers: Int { self == .smolLM3 ? 4 : 3 }
    private var headWidth: Int { [.qwen3, .gemma2, .gemma3, .qwen3MoE].contains(self) ? 12 : 8 }
    private var isTied: Bool {
        [.llama, .qwen2, .gemma2, .gemma3, .smolLM3, .cohere, .cohere2, .gpt2, .falcon].contains(self)
    }

    private var common: [String: String] {
        [
            "vocab_size": "\(Self.vocabulary)", "hidden_size": "\(Self.width)",
            "intermediate_size": "\(Self.innerWidth)",
            "num_hidden_layers": "\(layers)", "num_attention_heads": "\(Self.heads)",
            "num_key_value_heads": "\(groups)", "max_position_embeddings": "256", "bos_token_id": "1",
            "eos_token_id": "2", "rms_norm_eps": "1e-05", "tie_word_embeddings": "\(isTied)",
            "head_dim": "\(headWidth)", "rope_theta": "10000.0",
        ]
    }

    private var own: [String: String] {
        switch self {
        case .llama: ["model_type": #""llama""#]
        case .llama3:
            [
                "model_type": #""llama""#,
                "rope_scaling": """
                {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                 "original_max_position_embeddings": 64}
                """,
            ]
        case .biases:
            [
                "model_type": #""llama""#, "attention_bias": "true", "mlp_bias": "true",
                "rope_scaling": #"{"rope_type": "linear", "factor": 2.0}"#,
            ]
        case .divisors:
            [
                "model_type": #""llama""#,
                "rope_scaling": """
                {"rope_type": "yarn", "factor": 3.0, "original_max_position_embeddings": 64, "attention_factor": 1.3,
                 "beta_fast": 4.0, "beta_slow": 0.5}
                """,
            ]
        case .mistral: ["model_type": #""mistral""#, "sliding_window": "256"]
        case .qwen2: ["model_type": #""qwen2""#]
        case .yarn:
            [
                "model_type": #""qwen2""#,
                "rope_scaling": """
                {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "attention_factor": 1.2}
                """,
            ]
        case .qwen3: ["model_type": #""qwen3""#]
        case .mixtral:
            ["model_type": #""mixtral""#, "num_local_experts": "\(Self.experts)", "num_experts_per_tok": "2"]
        case .olmoe: ["model_type": #""olmoe""#, "num_experts": "\(Self.experts)", "num_experts_per_tok": "2"]
        case .qwen3MoE:
            [
                "model_type": #""qwen3_moe""#, "num_experts": "\(Self.experts)", "num_experts_per_tok": "3",
                "norm_topk_prob": "true", "moe_intermediate_size": "\(Self.innerWidth)", "intermediate_size": "64",
            ]
        case .granite:
            [
                "model_type": #""granite""#, "attention_bias": "true", "mlp_bias": "true",
                "embedding_multiplier": "3.0",
                "attention_multiplier": "0.3", "residual_multiplier": "0.75", "logits_scaling": "1.5",
            ]
        case .cohere: ["model_type": #""cohere""#, "layer_norm_eps": "1e-05", "logit_scale": "0.25"]
        case .cohere2:
            [
                "model_type": #""cohere2""#, "layer_norm_eps": "1e-05", "logit_scale": "0.5", "sliding_window": "8",
                "layer_types": #"["sliding_attention", "full_attention", "sliding_attention"]"#,
            ]
        case .stableLM:
            [
                "model_type": #""stablelm""#, "layer_norm_eps": "1e-05", "use_qkv_bias": "true",
                "partial_rotary_factor": "0.5",
            ]
        case .stableLMParallel:
            [
                "model_type": #""stablelm""#, "layer_norm_eps": "1e-05", "use_parallel_residual": "true",
                "qk_layernorm": "true",
            ]
        case .olmo2: ["model_type": #""olmo2""#]
        case .smolLM3: ["model_type": #""smollm3""#]
        case .gemma2:
            [
                "model_type": #""gemma2""#, "query_pre_attn_scalar": "\(headWidth)", "sliding_window": "8",
                "attn_logit_softcapping": "0.75", "final_logit_softcapping": "1.5",
            ]
        case .gpt2, .phi3, .gptNeoX, .falcon, .falconNew: fusedMembers
        case .gemma3:
            [
                "model_type": #""gemma3_text""#, "query_pre_attn_scalar": "\(headWidth)", "sliding_window": "8",
                "layer_types": #"["sliding_attention", "full_attention", "sliding_attention"]"#,
                "rope_local_base_freq": "500.0", "rope_scaling": #"{"rope_type": "linear", "factor": 2.0}"#,
            ]
        }
    }

    // MARK: model.safetensors

    private var shapes: [(name: String, sizes: [Int])] {
        guard !isFused else { return fusedShapes(layers: layers) }
        let width = Self.width
        let (queries, keys) = (Self.heads * headWidth, groups * headWidth)
        let inputs = [
            ("self_attn.q_proj", queries, width), ("self_attn.k_proj", keys, width), ("self_attn.v_proj", keys, width),
        ]
        let others = [("self_attn.o_proj", width, queries)] + feedForward
        let biased =
            [.biases, .granite].contains(self)
            ? inputs + others : [.qwen2, .yarn, .stableLM].contains(self) ? inputs : []
        let hasNormBias = [.stableLM, .stableLMParallel].contains(self)
        var shapes = [("model.embed_tokens.weight", [Self.vocabulary, width]), ("model.norm.weight", [width])]
        if hasNormBias { shapes.append(("model.norm.bias", [width])) }
        if !isTied { shapes.append(("lm_head.weight", [Self.vocabulary, width])) }
        for layer in 0..<layers {
            let place = "model.layers.\(layer)."
            shapes += (norms.map { ($0, width) } + headNorms).map { (place + $0.0 + ".weight", [$0.1]) }
            if hasNormBias { shapes += norms.map { (place + $0 + ".bias", [width]) } }
            shapes += (inputs + others).map { (place + $0.0 + ".weight", [$0.1, $0.2]) }
            shapes += biased.map { (place + $0.0 + ".bias", [$0.1]) }
        }
        return shapes
    }

    /// Of the stream, or of what is added to it.
    private var norms: [String] {
        switch self {
        case .cohere, .cohere2, .stableLMParallel: ["input_layernorm"]
        case .olmo2: ["post_attention_layernorm", "post_feedforward_layernorm"]
        case .gemma2, .gemma3:
            [
                "input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm",
                "post_feedforward_layernorm",
            ]
        default: ["input_layernorm", "post_attention_layernorm"]
        }
    }

    /// Of queries and keys.
    private var headNorms: [(String, Int)] {
        switch self {
        case .qwen3, .gemma3, .qwen3MoE: [("self_attn.q_norm", headWidth), ("self_attn.k_norm", headWidth)]
        case .olmo2, .olmoe:
            [("self_attn.q_norm", Self.heads * headWidth), ("self_attn.k_norm", groups * headWidth)]
        case .stableLMParallel:
            (0..<Self.heads).map { ("self_attn.q_layernorm.norms.\($0)", headWidth) }
                + (0..<groups).map { ("self_attn.k_layernorm.norms.\($0)", headWidth) }
        default: []
        }
    }

    private var feedForward: [(String, Int, Int)] {
        let (width, inner) = (Self.width, Self.innerWidth)
        func network(_ place: String, _ gate: String, _ up: String, _ down: String) -> [(String, Int, Int)] {
            [(place + gate, inner, width), (place + up, inner, width), (place + down, width, inner)]
        }
        // As files have them: by their names.
        let numbers = (0..<Self.experts).sorted { "\($0)." < "\($1)." }
        switch self {
        case .mixtral:
            return [("block_sparse_moe.gate", Self.experts, width)]
                + numbers.flatMap { network("block_sparse_moe.experts.\($0).", "w1", "w3", "w2") }
        case .qwen3MoE, .olmoe:
            return [("mlp.gate", Self.experts, width)]
                + numbers.flatMap { network("mlp.experts.\($0).", "gate_proj", "up_proj", "down_proj") }
        default: return network("mlp.", "gate_proj", "up_proj", "down_proj")
        }
    }

    private func weights() -> Data {
        var entries: [String] = [], numbers: [Float] = []
        var state: UInt32 = 12_345
        for (name, sizes) in shapes {
            let start = numbers.count * 4
            for _ in 0..<sizes.reduce(1, *) {
                state = state &* 1_664_525 &+ 1_013_904_223
                numbers.append(Float(Int(state >> 25) - 64) / 128 * (name.contains("norm") ? 1 : 0.5))
            }
            let shape = sizes.map(\.description).joined(separator: ",")
            entries.append(
                "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(start),\(numbers.count * 4)]}")
        }
        var header = "{\(entries.joined(separator: ","))}"
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        return length + Data(header.utf8) + numbers.withUnsafeBytes { Data($0) }
    }
}
