// Prompt tuning (Lester et al., 2021) as PEFT has it: tokens that stand before each text and that no text has, of which the rows of the
// embedding are trained and nothing else. PEFT's configuration of it has fields of its own.

internal import JSON
internal import Models
import Tensors
internal import Vocabulary
import WeightFiles

/// The tokens before each text.
public struct PromptTuning: Sendable, Equatable {
    /// How many there are.
    public var count: Int
    /// The tokens whose rows they begin with, one after the other and again from the first; empty: normal numbers, as PEFT begins.
    public var start: [Int32] = []

    public init(count: Int, start: [Int32] = []) { (self.count, self.start) = (count, start) }

    /// What PEFT calls it.
    static let peftType = "PROMPT_TUNING"
    /// What PEFT calls their numbers.
    static let tensorName = "prompt_embeddings"
    /// A bound against configurations that are not meant.
    static let most = 1 << 16

    /// What other programs call methods that put something before texts, and that there are none of here.
    static let otherTypes = ["PREFIX_TUNING", "P_TUNING", "MULTITASK_PROMPT_TUNING", "CPT"]
}

extension AdapterConfiguration {
    /// How many tokens stand before each text.
    public var virtualTokens: Int { beside.prompt?.count ?? 0 }

    /// Virtual tokens and nothing else.
    public init(_ prompt: PromptTuning) {
        self.init(rank: 1, alpha: 1, targets: .patterns([]))
        beside.prompt = prompt
    }

    /// Reads PEFT's configuration of prompt tuning; nil where `object` is of another method.
    init?(promptTuning object: JSONObject) throws(AdapterError) {
        let type = object["peft_type"]?.string ?? ""
        if PromptTuning.otherTypes.contains(type) {
            throw AdapterError(
                "is not supported: of methods that put something before texts there is \(PromptTuning.peftType) alone",
                subject: "peft_type", found: type)
        }
        guard type == PromptTuning.peftType else { return nil }
        var problems: [AdapterError.Problem] = []
        for (key, value) in object.members {
            let isUnset: Bool = value == .null || value == false || value == .array([])
            switch key {
            case "peft_type", "num_virtual_tokens", "token_dim", "num_attention_heads", "num_layers", "task_type",
                "prompt_tuning_init", "prompt_tuning_init_text", "tokenizer_name_or_path", "tokenizer_kwargs",
                "auto_mapping", "peft_version", "base_model_name_or_path", "revision", "inference_mode",
                "lathe_provenance":
                continue
            case "num_transformer_submodules" where value == .integer(1): continue
            case _ where isUnset: continue
            default:
                problems.append(.init("is not supported in prompt tuning", subject: key, found: value.text()))
            }
        }
        let count = object["num_virtual_tokens"]?.integer ?? 0
        if !(1...PromptTuning.most).contains(count) {
            problems.append(
                .init("must be from 1 to \(PromptTuning.most)", subject: "num_virtual_tokens", found: "\(count)"))
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
        self.init(PromptTuning(count: count))
    }

    /// PEFT's configuration of `prompt`. What it does not say of the base, PEFT asks the base.
    func promptJSON(_ prompt: PromptTuning, baseName: String?) -> JSONObject {
        JSONObject([
            ("auto_mapping", nil), ("base_model_name_or_path", baseName.map { .string($0) } ?? nil),
            ("inference_mode", true), ("modules_to_save", nil), ("num_attention_heads", nil),
            ("num_layers", nil), ("num_transformer_submodules", 1),
            ("num_virtual_tokens", .integer(prompt.count)), ("peft_type", .string(PromptTuning.peftType)),
            ("prompt_tuning_init", "RANDOM"), ("prompt_tuning_init_text", nil), ("revision", nil),
            ("task_type", "CAUSAL_LM"), ("token_dim", nil), ("tokenizer_kwargs", nil),
            ("tokenizer_name_or_path", nil),
        ])
    }
}

extension AdapterSet {
    /// Whether it is virtual tokens and nothing else.
    public var virtualTokensAlone: Bool { configuration.beside.prompt != nil }

    /// Throws where virtual tokens cannot stand before texts of `model`.
    func requirePrompt(fitting model: LanguageModel) throws(AdapterError) {
        guard configuration.beside.prompt != nil else { return }
        let embedding = model.configuration.embedding
        guard model.configuration.writesText, model.configuration.encoder == nil, embedding.scale == 1 else {
            throw AdapterError(
                "is for decoders whose embedding is not scaled: this one's family is \(model.configuration.family)",
                subject: "num_virtual_tokens")
        }
    }

    /// Fills the rows of virtual tokens before training.
    func begin(_ prompt: PromptTuning, _ values: Matrix, _ random: RandomStream, on model: LanguageModel?) {
        guard !prompt.start.isEmpty, let model,
            let embedding = model.baseParameters.first(where: \.isEmbedding)
        else {
            let numbers = values.floats
            for element in numbers.indices {
                numbers[element] = Float(random.normal(stream: UInt32(members.count), index: UInt64(element)))
            }
            return
        }
        let tokens = (0..<prompt.count).map { prompt.start[$0 % prompt.start.count] }
        model.read(embedding, tokens: tokens, into: values)
    }
}
