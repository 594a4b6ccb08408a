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

    /// Whether everything that the stage wrote is still there.
    var isIntact: Bool { get throws(SystemError) { try intactFiles.count == files.count } }

    /// Paths of those that are as the stage left them.
    var intactFiles: [String] {
        get throws(SystemError) {
            var paths: [String] = []
            for file in files where try Self.byteCount(file.path) == file.bytes { paths.append(file.path) }
            return paths
        }
    }

    /// A file, or the files in a folder, in the order of their names.
    private static func files(_ url: URL) throws(SystemError) -> [File] {
        guard try FileForm(at: url) == .folder else {
            return try byteCount(url.path).map { [File(path: url.path, bytes: $0)] } ?? []
        }
        var files: [File] = []
        for name in try Folder.names(in: url) ?? [] where !name.hasPrefix(".") {
            files += try self.files(url.appendingPathComponent(name))
        }
        return files
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
            return File(path: path, bytes: bytes)
        }
    }

    var stored: JSONValue {
        [
            "key": .string(key), "result": json, "text": .string(text),
            "files": .array(files.map { ["path": .string($0.path), "bytes": .integer($0.bytes)] }),
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
    /// What each stage of the run held at its peak, whichever process did it.
    private(set) var stagePeaks: [StageMeter.Peak] = []
    /// Whether the report says all that the stages came to: it is written more than once, before what may yet fail.
    var isReported = false
    private var results = JSONObject()

    init(_ run: TrainingRun) throws {
        fingerprint = run.fingerprint
        let doctor = try Doctor().json
        identity = JSONObject([
            ("name", .string(run.recipe.name)), ("base", .string(run.opened.path)),
            ("base_sha256", .string(run.provenance.baseDigest ?? "")), ("data_sha256", .string(run.split.digest)),
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
        stagePeaks = (json["stages"]?.array ?? []).compactMap { StageMeter.Peak($0) }
        isReported = json["is_reported"]?.bool ?? false
        results = json["results"]?.object ?? JSONObject()
    }

    /// Takes in what the stages of this process held.
    mutating func add(_ peaks: [StageMeter.Peak]) { for peak in peaks { stagePeaks.add(peak) } }

    /// Every file that a stage wrote and that is as it left it.
    var writtenFiles: [String] {
        get throws(SystemError) {
            var paths: [String] = []
            for result in results.members.compactMap({ StageResult(stored: $0.value) }) {
                paths += try result.intactFiles
            }
            return paths
        }
    }

    /// What `stage` came to.
    subscript(stage: String) -> StageResult? {
        get { results[stage].flatMap { StageResult(stored: $0) } }
        set { results[stage] = newValue?.stored }
    }

    var json: JSONValue {
        var object = identity
        object["fingerprint"] = fingerprint.json
        object["peak_memory_bytes"] = .integer(peakMemoryBytes)
        object["stages"] = .array(stagePeaks.map(\.json))
        object["is_reported"] = .bool(isReported)
        object["results"] = .object(results)
        return .object(object)
    }
}
