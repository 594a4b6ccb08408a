// Configurations that say they are of a family and are of another: each is refused, and says by what.

import JSON
import Models
import Testing

/// A `config.json` of a family, as small as it may be.
private func base(_ family: String) -> JSONObject {
    let decoder: [JSONObject.Member] = [
        ("hidden_size", 16), ("intermediate_size", 24), ("num_hidden_layers", 2), ("num_attention_heads", 2),
        ("num_key_value_heads", 1), ("vocab_size", 48), ("max_position_embeddings", 256), ("rms_norm_eps", 1e-5),
        ("hidden_act", "silu"), ("tie_word_embeddings", false), ("bos_token_id", 1), ("eos_token_id", 2),
    ]
    let gpt2: [JSONObject.Member] = [
        ("n_embd", 16), ("n_layer", 2), ("n_head", 2), ("n_positions", 64), ("vocab_size", 48),
        ("layer_norm_epsilon", 1e-5), ("activation_function", "gelu_new"), ("bos_token_id", 1), ("eos_token_id", 2),
    ]
    let bert: [JSONObject.Member] = [
        ("hidden_size", 16), ("intermediate_size", 24), ("num_hidden_layers", 2), ("num_attention_heads", 2),
        ("vocab_size", 48), ("max_position_embeddings", 64), ("type_vocab_size", 2), ("layer_norm_eps", 1e-12),
        ("hidden_act", "gelu"), ("pad_token_id", 0),
    ]
    let classes = [
        "llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM", "qwen2": "Qwen2ForCausalLM",
        "gpt2": "GPT2LMHeadModel", "bert": "BertModel",
    ]
    let own = family == "gpt2" ? gpt2 : family == "bert" ? bert : decoder
    return JSONObject(
        [("model_type", .string(family)), ("architectures", [.string(classes[family] ?? "")])] + own)
}

/// A change of a configuration, and the key by which it is refused.
struct LookAlike: Sendable, CustomTestStringConvertible {
    let family: String
    let key: String
    let value: JSONValue

    init(_ family: String, _ key: String, _ value: JSONValue) {
        (self.family, self.key, self.value) = (family, key, value)
    }

    var testDescription: String { "\(family), \(key) = \(value.text())" }
}

@Suite struct LookAlikeTests {
    private static func configuration(_ alike: LookAlike) throws -> ModelConfiguration {
        var json = base(alike.family)
        json[alike.key] = alike.value
        return try ModelConfiguration(huggingFace: .object(json))
    }

    @Test(arguments: ["llama", "mistral", "qwen2", "gpt2", "bert"]) func theFamiliesThemselvesAreRead(family: String)
        throws
    {
        #expect(try ModelConfiguration(huggingFace: .object(base(family))).layers == 2)
    }

    @Test(arguments: [
        LookAlike("llama", "embedding_multiplier", 12.0), LookAlike("llama", "residual_multiplier", 0.22),
        LookAlike("llama", "logits_scaling", 8), LookAlike("llama", "attention_multiplier", 0.015625),
        LookAlike("mistral", "logit_scale", 0.0625), LookAlike("llama", "no_rope_layers", [1, 1, 1, 0]),
        LookAlike("llama", "no_rope_layer_interval", 4), LookAlike("mistral", "clip_qkv", 8.0),
        LookAlike("llama", "attn_logit_softcapping", 50.0), LookAlike("qwen2", "final_logit_softcapping", 30.0),
        LookAlike("llama", "use_qk_norm", true), LookAlike("mistral", "qk_layernorm", true),
        LookAlike("llama", "use_parallel_residual", true), LookAlike("llama", "num_local_experts", 8),
        LookAlike("qwen2", "num_experts", 60), LookAlike("llama", "kv_lora_rank", 512),
        LookAlike("qwen2", "vision_config", ["hidden_size": 8]),
        LookAlike("mistral", "text_config", ["hidden_size": 8]),
        LookAlike("llama", "sliding_window_pattern", 6), LookAlike("llama", "alibi", true),
        LookAlike("llama", "hidden_act", "gelu"),
        LookAlike("llama", "rope_scaling", ["rope_type": "su-per", "factor": 4.0]),
        LookAlike("llama", "quantization_config", ["quant_method": "gptq", "bits": 4]),
        LookAlike("llama", "auto_map", ["AutoModelForCausalLM": "modeling_other.OtherForCausalLM"]),
        LookAlike("llama", "architectures", ["GraniteForCausalLM"]),
        LookAlike("mistral", "architectures", ["MixtralForCausalLM"]),
        LookAlike("llama", "model_type", "minicpm"), LookAlike("gpt2", "alibi", true),
        LookAlike("gpt2", "activation_function", "softsign"), LookAlike("gpt2", "num_experts", 4),
        LookAlike("bert", "architectures", ["ErnieModel"]), LookAlike("bert", "hidden_act", "softsign"),
        LookAlike("bert", "num_experts", 8),
    ]) func anotherModelIsRefusedByName(alike: LookAlike) {
        let error = #expect(throws: (any Error).self) { try Self.configuration(alike) }
        // A kind that is not known is named itself.
        let named = alike.key == "model_type" ? alike.value.string ?? "" : alike.key
        #expect("\(error.map { "\($0)" } ?? "")".contains(named))
    }

    /// What says the usual is no other model.
    @Test(arguments: [
        LookAlike("llama", "embedding_multiplier", 1.0), LookAlike("llama", "no_rope_layers", [1, 1]),
        LookAlike("llama", "attn_logit_softcapping", nil), LookAlike("llama", "use_qk_norm", false),
        LookAlike("llama", "num_experts", 0), LookAlike("mistral", "clip_qkv", nil),
        LookAlike("llama", "architectures", ["LlamaForSequenceClassification"]),
        LookAlike("llama", "architectures", []), LookAlike("bert", "architectures", ["BertForMaskedLM"]),
        LookAlike("llama", "auto_map", ["AutoModelForCausalLM": "modeling_llama.LlamaForCausalLM"]),
        LookAlike("llama", "auto_map", ["AutoConfig": "configuration_own.OwnConfig"]),
        LookAlike("llama", "somebodys_note", "x"),
    ]) func theUsualIsNoOtherModel(alike: LookAlike) throws {
        #expect(try Self.configuration(alike).layers == 2)
    }
}
