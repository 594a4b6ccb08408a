// Prompt tuning (Lester et al., 2021) and prefix tuning (Li and Liang, 2021) as PEFT has them: tokens that stand before each text and that
// no text has, of which the rows of the embedding, or the keys and values in all layers, are trained and nothing else. PEFT's
// configuration of them has fields of its own.

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

    /// Prefix tuning: keys and values in all layers are trained, and not rows of the embedding.
    public var isPrefix: Bool

    public init(count: Int, start: [Int32] = [], isPrefix: Bool = false) {
        (self.count, self.start, self.isPrefix) = (count, start, isPrefix)
    }

    /// What it is called where people read it.
    public var name: String { isPrefix ? "prefix_tuning" : "prompt_tuning" }
    /// What PEFT calls it.
    var peftType: String { name.uppercased() }
    /// What PEFT calls their numbers.
    static let tensorName = "prompt_embeddings"
    /// A bound against configurations that are not meant.
    static let most = 1 << 16

    /// What other programs call methods that put something before texts, and that there are none of here.
    static let otherTypes = ["P_TUNING", "MULTITASK_PROMPT_TUNING", "CPT"]
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
                "is not supported: of methods that put something before texts there are PROMPT_TUNING and PREFIX_TUNING",
                subject: "peft_type", found: type)
        }
        let kinds = [false, true].map { PromptTuning(count: 0, isPrefix: $0) }
        guard var prompt = kinds.first(where: { $0.peftType == type }) else { return nil }
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
            // Of a network that gives the prefix, which there is not, and of how it began.
            case "encoder_hidden_size" where prompt.isPrefix, "init_weights" where prompt.isPrefix: continue
            case _ where isUnset: continue
            default:
                problems.append(.init("is not supported in \(prompt.name)", subject: key, found: value.text()))
            }
        }
        prompt.count = object["num_virtual_tokens"]?.integer ?? 0
        if !(1...PromptTuning.most).contains(prompt.count) {
            problems.append(
                .init("must be from 1 to \(PromptTuning.most)", subject: "num_virtual_tokens", found: "\(prompt.count)")
            )
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
        self.init(prompt)
    }

    /// PEFT's configuration of `prompt`. What it does not say of the base, PEFT asks the base.
    func promptJSON(_ prompt: PromptTuning, baseName: String?) -> JSONObject {
        let own: [JSONObject.Member] =
            prompt.isPrefix
            ? [("encoder_hidden_size", nil), ("init_weights", nil), ("prefix_projection", false)]
            : [
                ("prompt_tuning_init", "RANDOM"), ("prompt_tuning_init_text", nil), ("tokenizer_kwargs", nil),
                ("tokenizer_name_or_path", nil),
            ]
        let members: [JSONObject.Member] = [
            ("auto_mapping", nil), ("base_model_name_or_path", baseName.map { .string($0) } ?? nil),
            ("inference_mode", true), ("modules_to_save", nil), ("num_attention_heads", nil),
            ("num_layers", nil), ("num_transformer_submodules", 1),
            ("num_virtual_tokens", .integer(prompt.count)), ("peft_type", .string(prompt.peftType)), ("revision", nil),
            ("task_type", "CAUSAL_LM"), ("token_dim", nil),
        ]
        return JSONObject((members + own).sorted { $0.key < $1.key })
    }
}

extension AdapterSet {
    /// Whether it is virtual tokens and nothing else.
    public var virtualTokensAlone: Bool { configuration.beside.prompt != nil }

    /// Throws where virtual tokens cannot stand before texts of `model`.
    func requirePrompt(fitting model: LanguageModel) throws(AdapterError) {
        guard let prompt = configuration.beside.prompt else { return }
        let base = model.configuration
        guard base.writesText, base.encoder == nil, prompt.isPrefix || base.embedding.scale == 1 else {
            throw AdapterError(
                prompt.isPrefix
                    ? "is for decoders: this model's family is \(base.family)"
                    : "is for decoders whose embedding is not scaled: this one's family is \(base.family)",
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
