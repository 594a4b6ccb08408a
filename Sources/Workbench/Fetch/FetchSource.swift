// What a person wants fetched: a name on a hub, an address, or a place on this machine.

internal import Files
internal import Foundation
internal import JSON
internal import Synthesis

/// Where a model comes from.
enum FetchSource {
    /// OWNER/NAME on the hub.
    case hub(String)
    case address(HTTPAddress)
    case place(URL)

    /// The hub's address where `HF_ENDPOINT` names none.
    static let usualEndpoint = "https://huggingface.co"

    /// What is on disk is meant first; then an address; then a name. The address of a model's page on the hub is its name.
    init(_ text: String, endpoint: HTTPAddress) throws {
        if try FileForm(at: text) != nil {
            self = .place(RealPath.place(text))
            return
        }
        if text.contains("://") {
            guard let address = HTTPAddress(text, allowsQuery: true) else {
                throw Failure(
                    .usage, "\(path: text) is no address that lathe fetch knows",
                    hint: "it begins with https:// or http://, and names no user")
            }
            self = Self.hubName(address, endpoint).map { .hub($0) } ?? .address(address)
            return
        }
        guard Self.isHubName(text) else {
            throw Failure(
                .missingInput, "\(path: text) does not exist, and is no name on a hub",
                hint: "a name there is OWNER/NAME; an address begins with https://")
        }
        self = .hub(text)
    }

    /// Whether `text` can be OWNER/NAME.
    static func isHubName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && !part.hasPrefix(".") && !part.hasPrefix("~")
                    && part.utf8.allSatisfy {
                        (48...57).contains($0) || (65...90).contains($0 & 0xDF) || "._-".utf8.contains($0)
                    }
            } && !text.hasSuffix(".gguf") && !text.hasSuffix(".safetensors")
    }

    /// The name of the model whose page `address` is; nil for any other address.
    private static func hubName(_ address: HTTPAddress, _ endpoint: HTTPAddress) -> String? {
        guard address.origin == endpoint.origin, address.path.hasPrefix(endpoint.path + "/") else { return nil }
        let name = String(address.path.dropFirst(endpoint.path.count + 1))
        return isHubName(name) ? name : nil
    }

    /// What the model is called where nobody says: the last part of its name.
    var name: String {
        switch self {
        case .hub(let name): String(name.split(separator: "/").last ?? "model")
        case .address(let address):
            String(address.path.split(separator: "/").last ?? Substring(address.host)).removingPercentEncoding
                ?? "model"
        case .place(let url): url.lastPathComponent
        }
    }
}

/// A file that is to be fetched.
struct FetchedFile {
    enum Origin {
        case address(HTTPAddress)
        case place(URL)
    }

    /// In the model's folder, with slashes.
    let path: String
    let origin: Origin
    /// What its source says of it; nil where it does not.
    var bytes: Int?
    var sha256: String?
    /// Whether the model is one without it.
    var isOptional = false
}

/// Which of a model's files are needed.
enum NeededFiles {
    /// Beside the weights: what it is, its tokenizer, its templates, how it answers, how a sentence's vector is made of it, and under
    /// which terms it may be used.
    static let described = [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", "chat_template.jinja", "chat_template.json", "tokenizer.model", "vocab.txt", "vocab.json",
        "merges.txt", "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json",
        "1_Pooling/config.json", "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE",
    ]
    static let weights = "model.safetensors"
    static let index = "model.safetensors.index.json"

    /// The files of weights that an index names, each once, in their names' order.
    ///
    /// - Throws: `Failure` where it is none, or names files outside of the folder.
    static func shards(_ index: URL) throws -> [String] {
        let json = try? JSONValue(parsing: WholeFile.bytes(index.path))
        guard let map = json?["weight_map"]?.object, !map.members.isEmpty else {
            throw Failure(.badInput, "\(path: index.lastPathComponent) has no weight_map")
        }
        let names = Set(map.members.compactMap { $0.value.string }).sorted()
        guard names.allSatisfy(isPlain) else {
            throw Failure(.badInput, "\(path: index.lastPathComponent) names files that lie elsewhere")
        }
        return names
    }

    /// Whether a path that a server gave stays in the folder, and could be a person's own name for a file.
    static func isPlain(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return path.utf8.count < 1024
            && parts.allSatisfy { part in
                !part.isEmpty && !part.hasPrefix(".") && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x5C }
            }
    }
}
