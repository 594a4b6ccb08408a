// What most decoders call their weights in both kinds of files: parts of the families' tables.

extension [WeightBinding] {
    /// Embedding, last norm and head.
    /// - Parameter norm: how GGUF stores the norm.
    static func decoder(norm: WeightBinding.GGUFForm = .same) -> [WeightBinding] {
        [
            WeightBinding(.embedding, "model.embed_tokens", gguf: "token_embd"),
            WeightBinding(.finalNorm, "model.norm", gguf: "output_norm", norm),
            WeightBinding(.head, "lm_head", gguf: "output"),
        ]
    }

    /// A layer for query, key and value each, and that of the output.
    /// - Parameter rotated: how GGUF stores query and key.
    static func attention(rotated: WeightBinding.GGUFForm = .same) -> [WeightBinding] {
        [
            WeightBinding(.query, "self_attn.q_proj", gguf: "attn_q", rotated),
            WeightBinding(.key, "self_attn.k_proj", gguf: "attn_k", rotated),
            WeightBinding(.value, "self_attn.v_proj", gguf: "attn_v"),
            WeightBinding(.attentionOutput, "self_attn.o_proj", gguf: "attn_output"),
        ]
    }

    /// Norms of queries and keys.
    static func headNorms(_ form: WeightBinding.GGUFForm = .same) -> [WeightBinding] {
        [
            WeightBinding(.queryNorm, "self_attn.q_norm", gguf: "attn_q_norm", form),
            WeightBinding(.keyNorm, "self_attn.k_norm", gguf: "attn_k_norm", form),
        ]
    }

    /// A layer for gate, up and down each.
    static var gatedNetwork: [WeightBinding] {
        [
            WeightBinding(.gate, "mlp.gate_proj", gguf: "ffn_gate"),
            WeightBinding(.up, "mlp.up_proj", gguf: "ffn_up"),
            WeightBinding(.down, "mlp.down_proj", gguf: "ffn_down"),
        ]
    }

    /// Norms before attention and feed-forward network.
    static var normsBefore: [WeightBinding] {
        [
            WeightBinding(.attentionNorm, "input_layernorm", gguf: "attn_norm"),
            WeightBinding(.feedForwardNorm, "post_attention_layernorm", gguf: "ffn_norm"),
        ]
    }

    /// Norms before and behind both, whose weights are stored less 1.
    static var gemmaNorms: [WeightBinding] {
        [
            WeightBinding(.attentionNorm, "input_layernorm", gguf: "attn_norm", .plusOne),
            WeightBinding(.attentionOutputNorm, "post_attention_layernorm", gguf: "post_attention_norm", .plusOne),
            WeightBinding(.feedForwardNorm, "pre_feedforward_layernorm", gguf: "ffn_norm", .plusOne),
            WeightBinding(.feedForwardOutputNorm, "post_feedforward_layernorm", gguf: "post_ffw_norm", .plusOne),
        ]
    }
}
