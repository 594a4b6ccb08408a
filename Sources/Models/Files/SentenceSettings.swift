// How a text becomes a vector, as the model's folder says it: what sentence-transformers keeps beside the weights.

import JSON
import WeightFiles

/// What becomes of the states of a text.
public struct SentenceSettings: Sendable, Equatable {
    public var pooling: Pooling
    /// Whether vectors get a length of 1.
    public var isNormalized: Bool
    /// The most tokens that are read of a text, those put around it included; nil where the model's own limit holds.
    public var mostTokens: Int?
    /// Whether texts are read in lower case.
    public var lowercases: Bool
    /// What is put before every text.
    public var prompt: String

    /// Settings from their parts.
    public init(
        pooling: Pooling = .mean, isNormalized: Bool = true, mostTokens: Int? = nil, lowercases: Bool = false,
        prompt: String = ""
    ) {
        self.pooling = pooling
        self.isNormalized = isNormalized
        self.mostTokens = mostTokens
        self.lowercases = lowercases
        self.prompt = prompt
    }
}

extension SentenceSettings {
    /// The files of a folder that say it, but for those in folders of their own.
    static let fileNames = ["modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"]

    /// The folders that `modules.json` names.
    static func folders(_ modules: JSONValue?) -> [String] {
        (modules?.array ?? []).compactMap { $0["path"]?.string }.filter { !$0.isEmpty && !$0.contains("..") }
    }

    /// What the folder says; nil for one without `modules.json`.
    ///
    /// - Throws: `WeightError` for a step that is not computed here.
    init?(_ folder: HuggingFaceDirectory) throws {
        guard let modules = try folder.json("modules.json") else { return nil }
        func refusal(_ file: String, _ what: String, _ found: String) -> WeightError {
            WeightError(file: folder.location + "/" + file, what, found: found)
        }
        self.init(isNormalized: false)
        var kinds: [String] = []
        for module in modules.array ?? [] {
            let kind = (module["type"]?.string ?? "?").split(separator: ".").last.map(String.init) ?? "?"
            let path = module["path"]?.string ?? ""
            kinds.append(kind)
            switch kind {
            case "Transformer" where path.isEmpty: break
            case "Transformer":
                throw refusal("modules.json", "the model lies in a folder of its own: name that one", path)
            case "Pooling": pooling = try Self.pooling(folder, path + "/config.json")
            case "Normalize": isNormalized = true
            default: throw refusal("modules.json", "a step that is not computed here", kind)
            }
        }
        guard kinds == ["Transformer", "Pooling"] || kinds == ["Transformer", "Pooling", "Normalize"] else {
            throw refusal(
                "modules.json", "not the steps Transformer, Pooling, Normalize", kinds.joined(separator: ", "))
        }
        let reading = try folder.json("sentence_bert_config.json")
        if let task = reading?["transformer_task"]?.string, task != "feature-extraction" {
            throw refusal("sentence_bert_config.json", "a model whose states are not what is pooled", task)
        }
        mostTokens = reading?["max_seq_length"]?.integer
        lowercases = reading?["do_lower_case"]?.bool ?? false
        let prompts = try folder.json("config_sentence_transformers.json")
        if let name = prompts?["default_prompt_name"]?.string {
            guard let text = prompts?["prompts"]?[name]?.string else {
                throw refusal("config_sentence_transformers.json", "no prompt of the name that is the default", name)
            }
            prompt = text
        }
        // Without a limit of its own the tokenizer's holds.
        if mostTokens == nil { mostTokens = try folder.json("tokenizer_config.json")?["model_max_length"]?.integer }
    }

    /// `config.json` of a pooling: one word, or a truth for each way to pool.
    private static func pooling(_ folder: HuggingFaceDirectory, _ file: String) throws -> Pooling {
        guard let json = try folder.json(file), let object = json.object else {
            throw WeightError(file: folder.location + "/" + file, "is missing", kind: .missingInput)
        }
        let old = "pooling_mode_"
        let chosen =
            object["pooling_mode"].map { $0.array?.compactMap(\.string) ?? [$0.string ?? "?"] }
            ?? object.members.filter { $0.key.hasPrefix(old) && $0.value == .bool(true) }.map {
                let name = $0.key.dropFirst(old.count)
                return String(
                    name.hasSuffix("_tokens") ? name.dropLast(7) : name.hasSuffix("_token") ? name.dropLast(6) : name)
            }
        let known: [String: Pooling] = ["mean": .mean, "cls": .first, "lasttoken": .last]
        guard chosen.count == 1, let pooling = known[chosen[0]] else {
            throw WeightError(
                file: folder.location + "/" + file, "a pooling that is not computed here",
                expected: "mean, cls or lasttoken", found: chosen.isEmpty ? "none" : chosen.joined(separator: ", "))
        }
        if object["include_prompt"] == .bool(false) {
            throw WeightError(
                file: folder.location + "/" + file, "prompts that are left out of the mean are not computed here",
                found: "include_prompt: false")
        }
        return pooling
    }
}

extension SentenceSettings {
    /// What a GGUF file says; nil for one that says nothing of pooling.
    init?(_ gguf: GGUFFile) throws {
        guard let number = gguf.architectureValue("pooling_type")?.integer, number != 0 else { return nil }
        let kinds: [Int: Pooling] = [1: .mean, 2: .first, 3: .last]
        guard let pooling = kinds[number] else {
            throw ModelConfigurationError.unsupported(key: "pooling_type", value: "\(number)")
        }
        self.init(pooling: pooling)
    }
}
