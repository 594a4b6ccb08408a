// A folder as Hugging Face lays it out, as a model.

internal import Files
public import Foundation
public import JSON
internal import Tokenizers
public import WeightFiles

extension HuggingFaceDirectory: ModelSource {
    public var configurationName: String? { "config.json" }
    public var huggingFaceConfiguration: JSONValue? { configuration }
    public var chatTemplatePlace: ChatTemplatePlace { .folder(location) }

    public func statedConfiguration() throws -> ModelConfiguration {
        try ModelConfiguration(huggingFace: configuration)
    }

    public func configurationNotes() throws -> [String] {
        var notes = try ModelConfiguration.notes(huggingFace: configuration)
        var stated = try statedConfiguration()
        stated.taskClass = TaskClass(of: self)
        let others =
            stated.weightNames.map { names in
                paths.filter { names.isOfOtherHead($0) && !stated.isOnTop($0) && !stated.isOfOwnHead($0) }
            } ?? []
        if let first = others.first {
            notes.append(
                "\(others.count) tensors of a head are not used: \(first)\(others.count > 1 ? ", …" : "")")
        }
        if stated.isTied, let head = stated.weightNames?.head, try stated.hasOwnHead(self) {
            notes.append(
                "tie_word_embeddings is true, but \(head).weight differs from the embedding: it is used, untied")
        }
        return notes
    }

    public func tokenizerSource() throws -> TokenizerSource? {
        guard let tokenizer = try json("tokenizer.json") else { return nil }
        return .json(
            tokenizer,
            TokenizerCompanions(
                config: try json("tokenizer_config.json"), specialTokensMap: try json("special_tokens_map.json"),
                addedTokens: try json("added_tokens.json")))
    }

    public func sentenceSettings() throws -> SentenceSettings? { try SentenceSettings(self) }

    public func generationSettings() throws -> JSONValue? { try json("generation_config.json") }

    private static let companionNames = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
        "chat_template.jinja", "tokenizer.model", "added_tokens.json", "vocab.json", "merges.txt",
    ]

    /// The companions whose names are the same in every folder.
    public static var usualCompanions: [String] { companionNames + SentenceSettings.fileNames }

    /// The companions that `modules.json` names.
    public static func companions(namedBy modules: JSONValue?) -> [String] {
        SentenceSettings.folders(modules).map { $0 + "/config.json" }
    }

    private static let templates = "additional_chat_templates/"

    /// Whether `path`, in a model's folder, is that of a chat template with a name.
    public static func isNamedTemplate(_ path: String) -> Bool {
        path.hasPrefix(templates) && path.hasSuffix(".jinja") && !path.dropFirst(templates.count).contains("/")
    }

    /// The chat templates with names in the folder at `url`.
    public static func namedTemplates(in url: URL) throws -> [String] {
        let names = try Folder.names(in: url.appendingPathComponent(templates)) ?? []
        return names.map { templates + $0 }.filter(isNamedTemplate).sorted()
    }

    /// The tokenizer's files, what says how texts become vectors, and the chat templates, named ones among them.
    public func companions() throws -> [(name: String, url: URL)] {
        let names =
            try Self.companionNames + Self.namedTemplates(in: url) + SentenceSettings.fileNames
            + Self.companions(namedBy: json("modules.json"))
        return try names.compactMap { name in try fileURL(name).map { (name, $0) } }
    }
}
