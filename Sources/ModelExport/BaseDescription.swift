// The files beside the weights: config.json, the tokenizer, generation defaults; copied from a folder, built from a vocabulary.

internal import Files
internal import Foundation
internal import JSON
internal import Models
internal import Vocabulary
internal import WeightFiles

/// What a base says of itself beyond its numbers.
struct BaseDescription {
    let configuration: JSONObject
    let isTied: Bool
    private let source: any ModelSource

    /// - Parameter model: the model's sizes and kinds; a `config.json` of its own is kept instead.
    init(_ base: any ModelSource, _ model: ModelConfiguration) throws {
        source = base
        let head = (model.weightNames?.head ?? "lm_head") + ".weight", hasHead = base.contains(head)
        guard let own = base.huggingFaceConfiguration else {
            (configuration, isTied) = (model.huggingFaceJSON, !hasHead)
            return
        }
        guard let object = own.object else {
            throw ModelExportError(base.location, "config.json", expected: "an object")
        }
        configuration = object
        // The numbers have decided where the file says "tied" and has two tensors.
        isTied = object["tie_word_embeddings"]?.bool == nil ? !hasHead : model.isTied
        guard isTied || hasHead else {
            throw ModelExportError(
                base.location, "config.json says `tie_word_embeddings: false`, but there is no \(head)")
        }
    }

    /// Memory that `files` takes: what is copied, or a tokenizer built as JSON, 500 bytes a token as measured.
    static func memoryBytes(_ base: any ModelSource) throws -> Int {
        guard base.huggingFaceConfiguration != nil else {
            return 500 * (try base.embeddingRows())
        }
        return try base.companions().reduce(0) { sum, file in sum + (try FileSize.bytes(ifThere: file.url) ?? 0) }
    }

    /// The content of every file but the weights.
    ///
    /// - Parameter templates: the chat templates by name; nil: the base's own.
    func files(
        type: WeightType, isTied: Bool, templates: [String: String]?
    ) throws -> [(name: String, bytes: [UInt8])] {
        var json = configuration
        let typeKeys = ["torch_dtype", "dtype"].filter { json[$0] != nil }
        if let name = type.torchName {
            for key in typeKeys.isEmpty ? ["torch_dtype"] : typeKeys { json[key] = .string(name) }
        }
        // Absent means false to transformers.
        if (json["tie_word_embeddings"]?.bool ?? false) != isTied { json["tie_word_embeddings"] = .bool(isTied) }
        var files = [(name: "config.json", bytes: BaseDescription.bytes(.object(json)))]
        files += try source.companionContents()
        guard source.huggingFaceConfiguration == nil,
            case .vocabulary(var vocabulary) = try source.tokenizerSource()
        else { return templates.map { ChatTemplateFiles.replacing($0, in: files) } ?? files }
        if let templates { vocabulary.chatTemplates = templates }
        let built = try TokenizerFiles(vocabulary, contextLength: json["max_position_embeddings"]?.integer)
        files += built.files.map { ($0.name, BaseDescription.bytes($0.value)) }
        return files
    }

    private static func bytes(_ json: JSONValue) -> [UInt8] { Array((json.text(.pretty) + "\n").utf8) }
}
