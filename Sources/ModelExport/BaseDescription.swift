// The files beside the weights: config.json, the tokenizer, generation defaults; copied from a folder, built from a GGUF.

internal import Files
internal import Foundation
internal import JSON
internal import Models
internal import Tokenizers
internal import WeightFiles

/// What a base says of itself beyond its numbers.
struct BaseDescription {
    let configuration: JSONObject
    let isTied: Bool
    private let source: Source

    private enum Source {
        case folder(HuggingFaceDirectory)
        case gguf(GGUFFile)
        case none
    }

    /// Files of a folder that go with the model as they are.
    private static let companions = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
        "chat_template.jinja",
        "tokenizer.model", "added_tokens.json", "vocab.json", "merges.txt",
    ]

    /// Those that `folder` holds, its named chat templates among them.
    private static func companions(of folder: HuggingFaceDirectory) throws -> [(name: String, url: URL)] {
        let templates = "additional_chat_templates"
        let named = try Folder.names(in: folder.url.appendingPathComponent(templates)) ?? []
        let names = companions + named.filter { $0.hasSuffix(".jinja") }.sorted().map { templates + "/" + $0 }
        return try names.compactMap { name in try folder.fileURL(name).map { (name, $0) } }
    }

    /// - Parameter model: the model's sizes and kinds; for a folder its own config.json is kept instead.
    init(_ base: any WeightSource, _ model: ModelConfiguration) throws {
        switch base {
        case let folder as HuggingFaceDirectory:
            guard let object = folder.configuration.object else {
                throw ModelExportError(folder.location, "config.json", expected: "an object")
            }
            configuration = object
            source = .folder(folder)
            let says = object["tie_word_embeddings"]?.bool
            // The numbers have decided where the file says "tied" and has two tensors.
            isTied = says == nil ? !base.contains("lm_head.weight") : model.isTied
            guard isTied || base.contains("lm_head.weight") else {
                throw ModelExportError(
                    folder.location, "config.json says `tie_word_embeddings: false`, but there is no lm_head.weight")
            }
        case let gguf as GGUFWeights:
            configuration = model.huggingFaceJSON
            source = .gguf(gguf.gguf)
            isTied = !base.contains("lm_head.weight")
        default:
            configuration = model.huggingFaceJSON
            source = .none
            isTied = !base.contains("lm_head.weight")
        }
    }

    /// Memory that `files` takes: what is copied, or a tokenizer built as JSON, 500 bytes a token as measured.
    static func memoryBytes(_ base: any WeightSource) throws -> Int {
        guard let folder = base as? HuggingFaceDirectory else {
            return 500 * (base.shape(at: "model.embed_tokens.weight")?.sizes.first ?? 0)
        }
        return try companions(of: folder).reduce(0) { sum, file in
            sum + (try FileSize.bytes(ifThere: file.url) ?? 0)
        }
    }

    /// The content of every file but the weights.
    func files(type: ExportType, isTied: Bool) throws -> [(name: String, bytes: [UInt8])] {
        var json = configuration
        let typeKeys = ["torch_dtype", "dtype"].filter { json[$0] != nil }
        for key in typeKeys.isEmpty ? ["torch_dtype"] : typeKeys { json[key] = .string(type.torchName) }
        // Absent means false to transformers.
        if (json["tie_word_embeddings"]?.bool ?? false) != isTied { json["tie_word_embeddings"] = .bool(isTied) }
        var files = [(name: "config.json", bytes: BaseDescription.bytes(.object(json)))]
        switch source {
        case .folder(let base):
            for (name, url) in try BaseDescription.companions(of: base) {
                files.append((name, try WholeFile.bytes(url.path)))
            }
        case .gguf(let file):
            let built = try TokenizerFiles(
                GGUFVocabulary(gguf: file), contextLength: json["max_position_embeddings"]?.integer)
            files += built.files.map { ($0.name, BaseDescription.bytes($0.value)) }
        case .none: break
        }
        return files
    }

    private static func bytes(_ json: JSONValue) -> [UInt8] { Array((json.text(.pretty) + "\n").utf8) }
}
