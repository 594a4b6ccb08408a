// A base whose states become vectors in another way than its folder says, or that says none: what sentence-transformers opens.

public import JSON
public import Models
public import WeightFiles

/// A base with files beside it that say how a text becomes a vector; its numbers are the base's.
public struct VectorModel: ModelOverBase {
    public let base: any ModelSource
    public var own: WeightsInMemory? { nil }
    private let settings: SentenceSettings
    private let model: ModelConfiguration

    /// - Parameters:
    ///   - model: what `base` is.
    ///   - settings: how its states become vectors.
    public init(_ base: any ModelSource, _ model: ModelConfiguration, _ settings: SentenceSettings) {
        self.base = base
        self.model = model
        self.settings = settings
    }

    public func sentenceSettings() throws -> SentenceSettings? { settings }

    /// The base's files, those that say how its own vectors are made left out, and others in their place.
    public func companionContents() throws -> [(name: String, bytes: [UInt8])] {
        let found = try base.companionContents()
        let others = found.filter { !($0.name.hasSuffix("/config.json") || $0.name == "modules.json") }
        let made = files.filter { file in !others.contains { $0.name == file.name } }
        return others + made.map { ($0.name, Array(($0.json.text(.pretty) + "\n").utf8)) }
    }

    private var files: [(name: String, json: JSONValue)] {
        let kinds = ["Transformer", "Pooling"] + (settings.isNormalized ? ["Normalize"] : [])
        let modules = kinds.enumerated().map { number, kind in
            JSONValue.object(
                JSONObject([
                    ("idx", .integer(number)), ("name", .string("\(number)")),
                    ("path", .string(number == 0 ? "" : "\(number)_\(kind)")),
                    ("type", .string("sentence_transformers.models.\(kind)")),
                ]))
        }
        var pooling = JSONObject([("word_embedding_dimension", .integer(model.width))])
        for (name, kind) in [("cls_token", Pooling.first), ("mean_tokens", .mean), ("lasttoken", .last)] {
            pooling["pooling_mode_\(name)"] = .bool(kind == settings.pooling)
        }
        let most = min(settings.mostTokens ?? .max, model.embedding.mostTokens ?? .max, model.contextLength)
        return [
            ("modules.json", .array(modules)), ("1_Pooling/config.json", .object(pooling)),
            (
                "sentence_bert_config.json",
                ["max_seq_length": .integer(most), "do_lower_case": .bool(settings.lowercases)]
            ),
            (
                "config_sentence_transformers.json",
                ["prompts": [:], "default_prompt_name": .null, "similarity_fn_name": "cosine"]
            ),
        ]
    }

    // MARK: The base's own

    public var paths: [String] { base.paths }
    public var huggingFaceConfiguration: JSONValue? { base.huggingFaceConfiguration }
    public var configurationText: String { base.configurationText }
    public func statedConfiguration() throws -> ModelConfiguration { try base.statedConfiguration() }
}
