// What a person wants fetched: a name on a hub, an address, or a place on this machine.

internal import Files
internal import Foundation
internal import JSON
internal import Models
internal import Synthesis
internal import WeightFiles
internal import Vocabulary

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
            } && !NeededFiles.isGGUF(text) && !text.hasSuffix(".safetensors")
    }

    /// The name of the model whose page `address` is; nil for any other address.
    private static func hubName(_ address: HTTPAddress, _ endpoint: HTTPAddress) -> String? {
        guard address.origin == endpoint.origin, address.path.hasPrefix(endpoint.path + "/") else { return nil }
        let name = String(address.path.dropFirst(endpoint.path.count + 1))
        return isHubName(name) ? name : nil
    }

    /// The last part of an address, read: it may hold slashes of its own, or be no name at all.
    static func lastName(_ address: HTTPAddress) -> String {
        let name = String(address.path.split(separator: "/").last ?? Substring(address.host))
        return name.removingPercentEncoding ?? name
    }

    /// What the model is called where nobody says: the last part of its name, which may lead anywhere.
    var name: String {
        switch self {
        case .hub(let name): String(name.split(separator: "/").last ?? "model")
        case .address(let address): Self.lastName(address)
        case .place(let url): url.lastPathComponent
        }
    }

    /// The place of `plan`'s model in `folder`.
    ///
    /// - Throws: `Failure` where its name, which a stranger may have chosen, is none of a single file or folder there.
    func place(of plan: FetchPlan, in folder: String) throws -> String {
        var name = name
        if case .hub = self, plan.isSingleFile { name = plan.files[0].path }
        guard NeededFiles.isPlainName(name) else {
            throw Failure(
                .usage, "\(plan.source) gives the model no name that could stand in \(folder)",
                hint: "--out says where it goes")
        }
        return folder + "/" + name
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
    /// The state of the source that the address is of, and for ever.
    var revision: String?
    /// Whether the model is one without it.
    var isOptional = false

    /// What tells its bytes apart from those of any other state of it, before they are read; nil where only the server can say.
    var state: String? {
        get throws {
            switch origin {
            case .address: return sha256 ?? revision
            case .place(let url):
                var status = stat()
                guard stat(url.path, &status) == 0 else { throw SystemError(errno, reading: url.path) }
                let time = status.st_mtim
                return "\(status.st_dev) \(status.st_ino) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)"
            }
        }
    }
}

/// Which of a model's files are needed.
enum NeededFiles {
    /// Beside the weights: what it is, what goes with it wherever it is written, what other programs read of it, and under which
    /// terms it may be used.
    static let described =
        ["config.json"] + HuggingFaceDirectory.usualCompanions
        + ["chat_template.json", "vocab.txt", "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE"]
    /// Names the folders of the steps that make a sentence's vector.
    static let modules = "modules.json"
    static let weights = "model.safetensors"
    static let index = "model.safetensors.index.json"

    /// The files of weights that an index names, each once, in their names' order.
    ///
    /// - Throws: `Failure` where it is none, or names anything but safetensors in the folder.
    static func shards(_ index: URL) throws -> [String] {
        let json = try? JSONValue(parsing: WholeFile.bytes(index.path))
        guard let map = json?["weight_map"]?.object, !map.members.isEmpty else {
            throw Failure(.badInput, "\(path: index.lastPathComponent) has no weight_map")
        }
        var names: Set<String> = []
        for (tensor, value) in map.members {
            guard let name = value.string, isPlainName(name), name.hasSuffix(".safetensors") else {
                throw Failure(
                    .badInput,
                    "\(path: index.lastPathComponent) says of \(path: tensor) that it lies in \(value.text())",
                    hint: "weights lie in files of the folder that end in .safetensors")
            }
            names.insert(name)
        }
        return names.sorted()
    }

    /// The files that `modules.json` names, in its order.
    ///
    /// - Throws: `Failure` where it is none, or names files outside of the folder.
    static func companions(namedBy modules: URL) throws -> [String] {
        guard let json = try? JSONValue(parsing: WholeFile.bytes(modules.path)) else {
            throw Failure(.badInput, "\(path: modules.lastPathComponent) is no JSON")
        }
        let paths = HuggingFaceDirectory.companions(namedBy: json)
        if let path = paths.first(where: { !isPlain($0) }) {
            throw Failure(.badInput, "\(path: modules.lastPathComponent) names \(path: path), which lies elsewhere")
        }
        return paths
    }

    /// Whether `name` is that of a GGUF file.
    static func isGGUF(_ name: String) -> Bool { name.lowercased().hasSuffix(".gguf") }

    /// Whether `name` is plain and that of a file in the folder itself.
    static func isPlainName(_ name: String) -> Bool { isPlain(name) && !name.contains("/") }

    /// Whether a path that a server gave stays in the folder, and could be a person's own name for a file.
    static func isPlain(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return path.utf8.count < 1024
            && parts.allSatisfy { part in
                !part.isEmpty && !part.hasPrefix(".") && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x5C }
            }
    }
}
