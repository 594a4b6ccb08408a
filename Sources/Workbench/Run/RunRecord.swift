// run.json: what a run is, and what its stages came to, so that none is done twice.

internal import Digests
internal import Files
internal import Foundation
internal import JSON
internal import Kernels
internal import Vocabulary

/// What a stage came to, with what it was made from and what it wrote.
struct StageResult: Presentable {
    /// A file as the stage left it.
    struct File: Equatable {
        let path: String
        let bytes: Int
        /// Of a manifest, which tells what all other files hold; nil for these.
        let sha256: String?

        /// Whether the manifest still lists what the stage wrote: another of the same size may lie in its place.
        var isAsListed: Bool {
            get throws(SystemError) {
                guard let sha256 else { return true }
                return try FileDigest.sha256(path).digest == sha256
            }
        }
    }

    /// Digest of all that decides the result.
    let key: String
    let json: JSONValue
    let text: String
    let files: [File]

    init(_ result: some Presentable, key: String, outputs: [URL]) throws {
        (json, text) = (result.json, result.text)
        self.key = key
        files = try outputs.flatMap(Self.files)
    }

    init(key: String, json: JSONValue, outputs: [URL]) throws {
        (self.key, self.json, text) = (key, json, "")
        files = try outputs.flatMap(Self.files)
    }

    /// What is not as the stage left it, in words; `nil` where all is.
    var loss: String? {
        get throws(SystemError) {
            for file in files {
                guard let bytes = try Self.byteCount(file.path) else { return "\(path: file.path) is gone" }
                guard bytes == file.bytes, try file.isAsListed else {
                    return "\(path: file.path) is not what this run wrote there"
                }
            }
            return nil
        }
    }

    /// A file and its manifest, or the files in a folder, in the order of their names.
    private static func files(_ url: URL) throws(SystemError) -> [File] {
        guard try FileForm(at: url) == .folder else {
            return [try file(url), try file(Manifest.place(besideFile: url))].compactMap { $0 }
        }
        var files: [File] = []
        for name in try Folder.names(in: url) ?? [] where !name.hasPrefix(".") {
            let entry = url.appendingPathComponent(name)
            files += try FileForm(at: entry) == .folder ? self.files(entry) : [file(entry)].compactMap { $0 }
        }
        return files
    }

    private static func file(_ url: URL) throws(SystemError) -> File? {
        guard let bytes = try byteCount(url.path) else { return nil }
        let digest = Manifest.isName(url.lastPathComponent) ? try FileDigest.sha256(url.path).digest : nil
        return File(path: url.path, bytes: bytes, sha256: digest)
    }

    /// nil where nothing is there. What the system does not tell is no answer.
    private static func byteCount(_ path: String) throws(SystemError) -> Int? {
        var status = stat()
        guard lstat(path, &status) != 0 else { return Int(status.st_size) }
        guard errno == ENOENT || errno == ENOTDIR else { throw SystemError(errno, reading: path) }
        return nil
    }

    // MARK: As JSON

    init?(stored: JSONValue) {
        guard let key = stored["key"]?.string, let json = stored["result"], let text = stored["text"]?.string,
            let files = stored["files"]?.array
        else { return nil }
        (self.key, self.json, self.text) = (key, json, text)
        self.files = files.compactMap { file in
            guard let path = file["path"]?.string, let bytes = file["bytes"]?.integer else { return nil }
            return File(path: path, bytes: bytes, sha256: file["sha256"]?.string)
        }
    }

    var stored: JSONValue {
        [
            "key": .string(key), "result": json, "text": .string(text),
            "files": .array(
                files.map { file in
                    var members: [JSONObject.Member] = [("path", .string(file.path)), ("bytes", .integer(file.bytes))]
                    if let sha256 = file.sha256 { members.append(("sha256", .string(sha256))) }
                    return .object(JSONObject(members))
                }),
        ]
    }
}

/// The content of `run.json`.
struct RunRecord {
    let fingerprint: RunFingerprint
    /// For people: name, base, digests, machine.
    let identity: JSONObject
    /// The most memory that any process of the run took.
    var peakMemoryBytes = 0
    /// What each stage took in earlier processes of the run.
    private var earlierCosts: [StageMeter.Cost] = []
    /// What each took in this one.
    var ownCosts: [StageMeter.Cost] = []
    /// Whether the report says all that the stages came to: it is written more than once, before what may yet fail.
    var isReported = false
    private var results = JSONObject()

    init(_ session: Session, _ setup: TrainingSetup) throws {
        fingerprint = setup.fingerprint
        let doctor = try Doctor().json
        identity = JSONObject([
            ("name", .string(session.recipe.name)), ("base", .string(try session.base().path)),
            ("base_sha256", .string(setup.provenance.baseDigest ?? "")), ("data_sha256", .string(setup.split.digest)),
            ("instruction_set", doctor["instruction_set"] ?? .null), ("threads", doctor["threads"] ?? .null),
            ("libraries", doctor["libraries"] ?? .null),
        ])
    }

    /// Reads `run.json`; `nil` where there is none of this form.
    init?(_ file: URL) throws(SystemError) {
        guard let bytes = try WholeFile.bytes(ifThere: file), let json = try? JSONValue(parsing: bytes),
            let fingerprint = json["fingerprint"].flatMap({ RunFingerprint($0) }), let object = json.object
        else { return nil }
        self.fingerprint = fingerprint
        let ours = ["fingerprint", "peak_memory_bytes", "stages", "is_reported", "results"]
        identity = JSONObject(object.members.filter { !ours.contains($0.key) })
        peakMemoryBytes = json["peak_memory_bytes"]?.integer ?? 0
        earlierCosts = (json["stages"]?.array ?? []).compactMap { StageMeter.Cost($0) }
        isReported = json["is_reported"]?.bool ?? false
        results = json["results"]?.object ?? JSONObject()
    }

    /// What each stage of the run took, whichever process did it.
    var costs: [StageMeter.Cost] { ownCosts.reduce(into: earlierCosts) { $0.add($1) } }

    /// The run's name.
    var name: String { identity["name"]?.string ?? "" }

    /// What all stages wrote.
    var files: [StageResult.File] { results.members.flatMap { StageResult(stored: $0.value)?.files ?? [] } }

    /// What `stage` came to.
    subscript(stage: String) -> StageResult? {
        get { results[stage].flatMap { StageResult(stored: $0) } }
        set { results[stage] = newValue?.stored }
    }

    var json: JSONValue {
        var object = identity
        object["fingerprint"] = fingerprint.json
        object["peak_memory_bytes"] = .integer(peakMemoryBytes)
        object["stages"] = .array(costs.map(\.json))
        object["is_reported"] = .bool(isReported)
        object["results"] = .object(results)
        return .object(object)
    }
}
