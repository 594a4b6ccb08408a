// Which files a model consists of where it lies now.

internal import Digests
internal import Files
internal import Foundation
internal import JSON
internal import Models
internal import Spelling
internal import Synthesis
internal import WeightFiles

/// The files of a model that are to be fetched.
struct FetchPlan {
    /// What is fetched, as a person may name it again: "OWNER/NAME", an address, a path.
    let source: String
    /// What else tells the source apart, as a query that may hold secrets: nothing of it can be read from this.
    var key = ""
    /// The state of the source, where it has a name: a commit.
    var revision: String?
    var files: [FetchedFile]
    /// Whether the model is a single file.
    var isSingleFile: Bool { files.count == 1 && NeededFiles.isGGUF(files[0].path) }
    /// Finds what one of the files names; nil where the source is known to have none.
    private var find: (String) throws -> FetchedFile?

    /// A file of weights that an index names.
    func shard(_ path: String) throws -> FetchedFile {
        guard let file = try find(path) else {
            throw Failure(.badInput, "\(source) has no \(path), which its index of weights names")
        }
        return file
    }

    /// A file that there may be, as another one names it; nil where there is none.
    func companion(_ path: String) throws -> FetchedFile? {
        var file = try find(path)
        file?.isOptional = true
        return file
    }

    // MARK: A hub

    /// The files of the model `name` on the hub, in its state `revision`.
    ///
    /// - Parameter wanted: the GGUF file that is meant, of several.
    init(hub name: String, revision: String, file wanted: String?, _ client: FetchClient) throws {
        let state = HTTPAddress.escaped(revision, isPath: false)
        let api = client.endpoint.text + "/api/models/\(name)/revision/\(state)?blobs=true"
        let what = "model \(name)" + (revision == "main" ? "" : " at \(revision)")
        guard let address = HTTPAddress(api, allowsQuery: true) else {
            throw Failure(.usage, "--revision \(path: revision) is none")
        }
        let listing = try client.json(address, of: what)
        guard let siblings = listing["siblings"]?.array, let commit = listing["sha"]?.string, FetchPlan.isCommit(commit)
        else { throw Failure(.badInput, "\(client.endpoint.origin) does not list the files of \(name)") }
        var found: [String: FetchedFile] = [:]
        for sibling in siblings {
            guard let path = sibling["rfilename"]?.string, NeededFiles.isPlain(path),
                let place = HTTPAddress(
                    client.endpoint.text + "/\(name)/resolve/\(commit)/" + HTTPAddress.escaped(path))
            else { continue }
            found[path] = FetchedFile(
                path: path, origin: .address(place),
                bytes: sibling["lfs"]?["size"]?.integer ?? sibling["size"]?.integer,
                sha256: sibling["lfs"]?["sha256"]?.string, revision: commit)
        }
        source = name
        self.revision = commit
        files = try Self.chosen(found, of: name, file: wanted)
        find = { found[$0] }
    }

    private static func isCommit(_ text: String) -> Bool {
        (7...64).contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// What of `found` a model needs: a folder of safetensors, or one GGUF file.
    private static func chosen(
        _ found: [String: FetchedFile], of name: String, file wanted: String?
    ) throws -> [FetchedFile] {
        let ggufs = found.keys.filter { NeededFiles.isGGUF($0) && !$0.contains("mmproj") }.sorted()
        if let wanted {
            guard let file = found[wanted] else {
                throw Failure(
                    .missingInput, "\(name) has no file \(path: wanted)",
                    hint: ggufs.isEmpty ? nil : "it has \(ggufs.joined(separator: ", "))")
            }
            guard NeededFiles.isGGUF(wanted) else {
                throw Failure(.usage, "--file names a GGUF file; without it, the folder of the model is fetched")
            }
            return [
                FetchedFile(
                    path: lastName(wanted), origin: file.origin, bytes: file.bytes, sha256: file.sha256,
                    revision: file.revision)
            ]
        }
        let weights = [NeededFiles.weights, NeededFiles.index].compactMap { found[$0] }.prefix(1)
        if let weights = weights.first, found["config.json"] != nil {
            let templates = found.keys.filter(HuggingFaceDirectory.isNamedTemplate).sorted()
            return (NeededFiles.described + templates).compactMap { found[$0] } + [weights]
        }
        if ggufs.count == 1 { return try chosen(found, of: name, file: ggufs[0]) }
        guard ggufs.isEmpty else {
            throw Failure(
                .badInput, "\(name) has \(Count.text(ggufs.count, "GGUF file")), and one is needed",
                hint: "--file \(ggufs[0]), say; there are \(ggufs.joined(separator: ", "))")
        }
        throw Failure(
            .badInput,
            "\(name) has no model that Lathe reads: no model.safetensors beside a config.json, and no GGUF file",
            hint: found.keys.contains { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") }
                ? "its weights are PyTorch's: save the model as safetensors in transformers" : nil)
    }

    private static func lastName(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    // MARK: Any address

    /// A GGUF file, or the folder above the files of a model.
    ///
    /// - Parameter endpoint: the hub's address, whose pages of files are known.
    init(_ address: HTTPAddress, endpoint: HTTPAddress) throws {
        let name = FetchSource.lastName(address)
        source = address.text
        key = SHA256.hex(of: address.text + "?" + (address.query ?? ""))
        guard !name.hasSuffix(".safetensors"), !name.hasSuffix(".bin") else {
            throw Failure(
                .usage, "\(address.text) is one file of a model that has several",
                hint: "name the address of its folder: config.json and the tokenizer are needed too")
        }
        guard !NeededFiles.isGGUF(name) else {
            // A name that leads elsewhere is none for a file here: another place has been given then.
            let path = NeededFiles.isPlainName(name) ? name : "model.gguf"
            files = [FetchedFile(path: path, origin: .address(Self.direct(address, endpoint)))]
            find = { _ in nil }
            return
        }
        func file(_ path: String) -> FetchedFile {
            let query = address.query.map { "?" + $0 } ?? ""
            let place = HTTPAddress(address.text + "/" + HTTPAddress.escaped(path) + query, allowsQuery: true)
            return FetchedFile(path: path, origin: .address(place ?? address))
        }
        files = NeededFiles.described.map { path in
            var described = file(path)
            described.isOptional = path != "config.json"
            return described
        }
        for path in [NeededFiles.index, NeededFiles.weights] {
            var weights = file(path)
            // Either may be missing, not both.
            weights.isOptional = path == NeededFiles.index
            files.append(weights)
        }
        find = file
    }

    /// The page of a file on the hub leads to the file itself. Elsewhere such a path is any other.
    private static func direct(_ address: HTTPAddress, _ endpoint: HTTPAddress) -> HTTPAddress {
        let page = "/blob/", before = endpoint.path + "/"
        guard address.origin == endpoint.origin, address.path.hasPrefix(before), address.path.contains(page) else {
            return address
        }
        let path = address.path.dropFirst(before.count).replacing(page, with: "/resolve/", maxReplacements: 1)
        let query = address.query.map { "?" + $0 } ?? ""
        return HTTPAddress(address.origin + before + path + query, allowsQuery: true) ?? address
    }

    // MARK: This machine

    /// A GGUF file, or the folder of a model.
    init(place: URL) throws {
        source = place.path
        func file(_ path: String) -> FetchedFile {
            FetchedFile(path: path, origin: .place(place.appendingPathComponent(path)))
        }
        find = { try FileForm(at: place.appendingPathComponent($0)) == .file ? file($0) : nil }
        guard try FileForm(at: place) == .folder else {
            guard place.pathExtension.lowercased() == "gguf" else {
                throw Failure(
                    .badInput,
                    "\(path: place.path) is no model: a folder with config.json and safetensors, or a GGUF file")
            }
            files = [FetchedFile(path: place.lastPathComponent, origin: .place(place))]
            return
        }
        try NamedFolder(place.path).requireModel()
        let names =
            try NeededFiles.described + HuggingFaceDirectory.namedTemplates(in: place) + [NeededFiles.weights]
        files = try names.filter { try FileForm(at: place.appendingPathComponent($0)) == .file }.map(file)
        let has = Set(files.map(\.path))
        let isIndexed = try FileForm(at: place.appendingPathComponent(NeededFiles.index)) == .file
        guard has.contains("config.json"), has.contains(NeededFiles.weights) || isIndexed else {
            throw Failure(
                .badInput,
                "\(path: place.path) holds no model: config.json and model.safetensors, or its index, are needed")
        }
        if !has.contains(NeededFiles.weights) { files.append(file(NeededFiles.index)) }
    }
}
