// Every field of a configuration is read, refused or known to be without effect: a walk over each family's table.

import JSON
import Models
import TestSupport
import Testing
import WeightFiles

@Suite struct FieldTableTests {
    /// All but those with an encoder and a decoder, whose sizes have other names: `EncoderDecoderTests` walks these.
    private static let families = ModelFamily.all.map(\.name).filter { !["t5", "mt5"].contains($0) }

    /// A configuration in which every field that is read has an effect.
    private func plain(_ family: String) -> JSONObject {
        JSONObject(
            [
                ("model_type", .string(family)), ("hidden_size", 64), ("intermediate_size", 96),
                ("num_hidden_layers", 2),
                ("num_attention_heads", 4), ("num_key_value_heads", 4), ("head_dim", 16), ("vocab_size", 100),
                ("rms_norm_eps", 1e-5), ("use_sliding_window", true), ("max_window_layers", 1),
            ].filter { ownNames[family]?.contains($0.key) != true } + (ownPlain[family] ?? []))
    }

    /// What a family calls otherwise.
    private let ownNames = [
        "gpt2": ["hidden_size", "num_hidden_layers", "num_attention_heads"],
        "distilbert": ["hidden_size", "num_hidden_layers", "num_attention_heads"],
    ]

    /// What a family needs beside these for each of its fields to have an effect.
    private let ownPlain: [String: [JSONObject.Member]] = [
        "gemma3_text": [("sliding_window_pattern", 2)], "cohere2": [("sliding_window_pattern", 2)],
        "smollm3": [("no_rope_layer_interval", 2), ("sliding_window", 5)],
        "mixtral": [("num_local_experts", 4)], "olmoe": [("num_experts", 4), ("num_experts_per_tok", 2)],
        "distilbert": [("dim", 64), ("n_layers", 2), ("n_heads", 4), ("hidden_dim", 96)],
        "gpt2": [("n_embd", 64), ("n_layer", 2), ("n_head", 4), ("n_inner", 96)],
        "phi3": [
            (
                "rope_parameters",
                ["rope_type": "longrope", "short_factor": [1, 1, 1, 1, 1, 1, 1, 1], "long_factor": [2]]
            )
        ],
        "falcon": [("multi_query", false), ("num_kv_heads", 4), ("ffn_hidden_size", 96)],
        "qwen3_moe": [("num_experts", 4), ("num_experts_per_tok", 2), ("mlp_only_layers", [0])],
    ]

    private func read(_ object: JSONObject) throws -> ModelConfiguration {
        try ModelConfiguration(huggingFace: .object(object))
    }

    /// Another value for each field that is read.
    private let others: [String: JSONValue] = [
        "model_type": "gpt2", "hidden_size": 32, "intermediate_size": 98, "num_hidden_layers": 3,
        "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 8, "vocab_size": 101, "rms_norm_eps": 1e-6,
        "max_position_embeddings": 77, "tie_word_embeddings": true, "rope_theta": 500,
        "rope_scaling": ["type": "linear", "factor": 2], "rope_parameters": ["rope_type": "linear", "factor": 2],
        "partial_rotary_factor": 0.5, "bos_token_id": 5, "eos_token_id": [6, 7], "attention_bias": true,
        "mlp_bias": true, "sliding_window": 9, "use_sliding_window": false, "max_window_layers": 0,
        "layer_types": ["sliding_attention", "full_attention"], "query_pre_attn_scalar": 30,
        "rope_local_base_freq": 500, "sliding_window_pattern": 1, "embedding_multiplier": 2, "attention_multiplier": 2,
        "residual_multiplier": 2, "attn_logit_softcapping": 7, "final_logit_softcapping": 7,
        "no_rope_layers": [0, 1], "no_rope_layer_interval": 3, "logits_scaling": 2, "logit_scale": 2,
        "layer_norm_eps": 1e-4, "use_qkv_bias": true,
        "use_parallel_residual": true, "use_qk_norm": true, "qk_layernorm": true, "num_experts": 8,
        "num_local_experts": 8, "num_experts_per_tok": 1,
        "moe_intermediate_size": 46, "norm_topk_prob": true, "mlp_only_layers": [1], "decoder_sparse_step": 3,
        "hidden_act": "relu", "n_embd": 32, "n_layer": 3, "n_head": 8, "n_positions": 77, "n_inner": 98,
        "layer_norm_epsilon": 1e-4, "scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true,
        "activation_function": "relu", "rotary_pct": 0.5, "rotary_emb_base": 500, "num_kv_heads": 2,
        "ffn_hidden_size": 98, "num_ln_in_parallel_attn": 2, "new_decoder_architecture": true, "multi_query": true,
        "pad_token_id": 5, "type_vocab_size": 3, "dim": 32, "hidden_dim": 98, "n_layers": 3, "n_heads": 8,
        "norm_eps": 1e-4, "norm_bias": true, "hidden_activation": "relu", "local_attention": 6,
        "global_attn_every_n_layers": 1, "global_rope_theta": 500, "local_rope_theta": 500,
        "parallel_attn": false, "bias": true, "activation": "relu", "original_max_position_embeddings": 7,
    ]
    /// Where one family takes another value for the usual one.
    private let ownOthers: [String: [String: JSONValue]] = [
        "gemma3_text": [
            "tie_word_embeddings": false,
            "layer_types": ["full_attention", "sliding_attention"],
            "rope_parameters": ["full_attention": ["rope_type": "linear", "factor": 2]],
        ],
        "cohere": ["tie_word_embeddings": false],
        "gpt2": ["model_type": "llama", "tie_word_embeddings": false], "falcon": ["tie_word_embeddings": false],
        "gpt_neox": ["attention_bias": false, "use_parallel_residual": false],
        "cohere2": ["tie_word_embeddings": false, "layer_types": ["full_attention", "sliding_attention"]],
        "gemma2": ["tie_word_embeddings": false, "layer_types": ["full_attention", "sliding_attention"]],
        "smollm3": ["tie_word_embeddings": false],
        "modernbert": ["classifier_pooling": "mean", "classifier_bias": true, "classifier_activation": "relu"],
    ]

    @Test(arguments: families) func everyEntryDoesWhatItSays(_ name: String) throws {
        let family = try #require(ModelFamily.all.first { $0.name == name })
        let usual = try read(plain(name))
        for key in Set(family.fields.fields.map(\.key)).sorted() {
            let field = try #require(family.fields[key])
            var object = plain(name)
            switch field.use {
            case .read where key == "original_max_position_embeddings" && name != "phi3":
                object["rope_scaling"] = ["type": "yarn", "factor": 2]
                let inner = try read(object)
                object[key] = 7
                #expect(try read(object) != inner, "\(key) is read")
            case .read:
                let other: JSONValue = try #require(
                    ownOthers[name]?[key] ?? others[key], "no other value for \(key)")
                object[key] = other
                if let changed = try? read(object) { #expect(changed != usual, "\(key) is read") }
            case .harmless:
                for value: JSONValue in [nil, true, 3, "odd"] {
                    object[key] = value
                    #expect(try read(object) == usual, "\(key) is without effect")
                }
            case .only(let values):
                for value in values {
                    object[key] = value
                    #expect(try read(object) == usual, "\(key)")
                }
                object[key] = "odd"
                #expect(throws: ModelConfigurationError.unsupported(key: key, value: "odd"), "\(key)") {
                    try read(object)
                }
            case .trainingOnly:
                object[key] = 0.25
                #expect(try read(object) == usual)
                #expect(try ModelConfiguration.notes(huggingFace: .object(object)).first?.contains(key) == true)
            }
            guard !field.mayBeNull else { continue }
            object[key] = .null
            #expect(throws: ModelConfigurationError.self, "\(key) is not null") { try read(object) }
        }
    }

    /// Fields and defaults as transformers declares them.
    @Test(arguments: families) func theTableHasEveryFieldOfTransformers(_ name: String) throws {
        let golden = try parse(fixture("configurations").appendingPathComponent("golden.json"))
        let declared = try #require(golden["fields"]?[name]?.object)
        let family = try #require(ModelFamily.all.first { $0.name == name })
        #expect(declared.members.count > 20)
        for (key, _) in declared.members { #expect(family.fields[key] != nil, "\(key) has no entry") }
        let silent = try read(
            JSONObject([
                ("model_type", .string(name)), ("hidden_size", 512), ("intermediate_size", 96),
                ("num_hidden_layers", 30), ("num_attention_heads", 32), ("vocab_size", 100),
            ]))
        let context = declared["max_position_embeddings"] ?? declared["n_positions"]
        // Of a table of positions the first rows may be nobody's.
        #expect(silent.embedding.positions?.count ?? silent.contextLength == context?.integer)
        let shape = silent.blocks[0].attention.shape
        // Falcon's heads share one key unless the file says otherwise.
        #expect(shape.groups == declared["num_key_value_heads"]?.integer ?? (name == "falcon" ? 1 : 32))
        #expect(shape.headWidth == declared["head_dim"]?.integer ?? 16)
        #expect(silent.isTied == declared["tie_word_embeddings"]?.bool ?? true)
        let epsilon = ["rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_eps"].compactMap { declared[$0] }
            .first
        let norm = silent.finalNorm ?? silent.embedding.norm
        // DistilBERT's stands in its code.
        #expect(Double("\(norm?.epsilon ?? 0)") == epsilon?.double ?? (name == "distilbert" ? 1e-12 : nil))
        let hasWindow = ["mistral", "gemma2", "gemma3_text", "cohere2"].contains(name)
        #expect(shape.window == (hasWindow ? declared["sliding_window"]?.integer : nil))
    }

    @Test func unknownFieldsAreNamedInOneLineWithTheirCount() throws {
        var object = plain("llama")
        #expect(try ModelConfiguration.notes(huggingFace: .object(object)).isEmpty)
        for number in 1...8 { object["odd_\(number)"] = 1 }
        let notes = try ModelConfiguration.notes(huggingFace: .object(object))
        #expect(
            notes == ["8 unknown fields are not used: odd_1, odd_2, odd_3, odd_4, odd_5, odd_6, …"])
        object = plain("llama")
        object["rope_scaling"] = ["type": "linear", "factor": 2, "strength": 3]
        object["rope_parameters"] = ["rope_type": "default"]
        let rotary = try ModelConfiguration.notes(huggingFace: .object(object))
        #expect(rotary.count == 2 && rotary[0].contains("rope_scaling counts") && rotary[1].contains("strength"))
    }

    /// Of models that read, and of those with an encoder, GGUF files are read alone: what else such a file has to say is not written.
    @Test(arguments: ["bert", "roberta", "distilbert", "modernbert", "nomic_bert", "t5", "mt5"])
    func familiesThatAreNotWrittenAsGGUFAreNamed(_ name: String) throws {
        let model = try read(
            ["t5", "mt5"].contains(name)
                ? JSONObject([("model_type", .string(name)), ("vocab_size", 48)]) : plain(name))
        #expect(throws: ModelConfigurationError.notWrittenAsGGUF(family: name)) { _ = try GGUFDescription(model) }
    }

    @Test func otherDirectionsOfAttentionAreRefused() throws {
        for family in Self.families {
            var object = plain(family)
            let isCausal = try read(object).writesText
            object["is_causal"] = .bool(!isCausal)
            #expect(throws: ModelConfigurationError.unsupported(key: "is_causal", value: "\(!isCausal)")) {
                try read(object)
            }
        }
    }

    @Test func windowsThatNoFileGivesAreRefused() throws {
        var object = plain("qwen2")
        object["use_sliding_window"] = false
        object["layer_types"] = ["sliding_attention", "full_attention"]
        #expect(throws: ModelConfigurationError.self) { try read(object) }
        object["layer_types"] = ["full_attention", "full_attention"]
        #expect(try read(object).blocks.allSatisfy { $0.attention.shape.window == nil })
    }
}
