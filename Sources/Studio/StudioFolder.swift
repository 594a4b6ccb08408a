// The folder of runs that a page looks at, and the folder in which its runs are begun.

internal import Files
internal import Foundation
internal import JSON
internal import Vocabulary
internal import Workbench

/// Names of runs are looked up in the list of what is there. Nothing that a request says becomes a path.
struct StudioFolder: Sendable {
    /// Of runs.
    let runs: URL
    /// Where `lathe run` is called: runs lie in `checkpoints` of it.
    let workplace: URL

    init(_ path: String) {
        runs = URL(fileURLWithPath: path).standardizedFileURL
        workplace = runs.deletingLastPathComponent()
    }

    /// Why no run can be begun here; nil where it can.
    var refusal: String? {
        runs.lastPathComponent == "checkpoints"
            ? nil : "runs are begun in a folder called checkpoints, and this one is called \(runs.lastPathComponent)"
    }

    /// The folder of the run called `id`: `name`, or `sweep/3` for a trial.
    func run(_ id: String) throws -> URL {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        guard let name = parts.first, let folder = try Self.entry(name, in: runs) else { throw StudioError.unknown }
        guard parts.count > 1 else { return folder }
        guard parts.count == 2, let trials = try Self.entry("trials", in: folder),
            let trial = try Self.entry(parts[1], in: trials)
        else { throw StudioError.unknown }
        return trial
    }

    /// The entry of a folder that is called exactly so.
    private static func entry(_ name: String, in folder: URL) throws -> URL? {
        guard !name.hasPrefix("."), try (Folder.names(in: folder) ?? []).contains(name) else { return nil }
        return folder.appendingPathComponent(name)
    }

    /// The runs as `lathe runs` lists them, each with its `id`; of the sweep called `sweep`, its trials.
    func list(_ sweep: String?) throws -> JSONValue {
        guard try FileForm(at: runs) == .folder else { return ["path": .string(runs.path), "runs": [], "others": []] }
        let home = try sweep.map(run) ?? runs
        var list = try RunList(home.path).json.object ?? JSONObject()
        list["runs"] = .array(
            (list["runs"]?.array ?? []).map { run in
                var run = run.object ?? JSONObject()
                let name = run["path"]?.string.map { URL(fileURLWithPath: $0).lastPathComponent } ?? ""
                run["id"] = .string((sweep.map { $0 + "/" } ?? "") + name)
                return .object(run)
            })
        return .object(list)
    }

    // MARK: Files that can be chosen

    private static let dataEndings = [
        ".jsonl", ".json", ".csv", ".tsv", ".conll", ".txt", ".parquet", ".jsonl.gz", ".csv.gz", ".tsv.gz", ".json.gz",
        ".jsonl.zst", ".csv.zst", ".tsv.zst",
    ]
    private static let entriesAtMost = 5000

    /// Data, models and recipes of the workplace, by their paths in it.
    func choices() -> JSONValue {
        var found: (data: [String], models: [String], recipes: [String]) = ([], [], [])
        var left = Self.entriesAtMost
        walk(workplace, "", depth: 0, &left) { path, isFolder in
            if isFolder { found.models.append(path) }
            let name = path.lowercased()
            if name.hasSuffix(".gguf") { found.models.append(path) }
            if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { found.recipes.append(path) }
            if Self.dataEndings.contains(where: name.hasSuffix) { found.data.append(path) }
        }
        func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
        return [
            "data": list(found.data), "models": list(found.models), "recipes": list(found.recipes),
            "endings": list(Self.dataEndings),
        ]
    }

    /// Calls `take` with files, and with folders that are models.
    private func walk(
        _ folder: URL, _ prefix: String, depth: Int, _ left: inout Int, _ take: (String, Bool) -> Void
    ) {
        // Runs hold files of their own, which nobody chooses.
        guard depth < 4, let names = try? Folder.names(in: folder), !names.contains("run.json") else { return }
        if names.contains("config.json") { return take(String(prefix.dropLast()), true) }
        for name in names where !name.hasPrefix(".") && left > 0 {
            left -= 1
            let entry = folder.appendingPathComponent(name)
            switch try? FileForm(at: entry) {
            case .folder: walk(entry, prefix + name + "/", depth: depth + 1, &left, take)
            case .file: take(prefix + name, false)
            default: break
            }
        }
    }

    /// The text of a recipe that `choices` lists.
    func recipe(_ name: String) throws -> String {
        guard choices()["recipes"]?.array?.contains(.string(name)) == true else { throw StudioError.unknown }
        return String(decoding: try WholeFile.bytes(workplace.appendingPathComponent(name).path), as: UTF8.self)
    }

    /// Keeps an uploaded file in `uploads`, where nothing has its name.
    func keep(_ bytes: [UInt8], as name: String) throws -> String {
        try Self.requireName(name)
        guard Self.dataEndings.contains(where: name.lowercased().hasSuffix) else {
            throw StudioError(400, "\(name): data files end in \(Self.dataEndings.joined(separator: ", "))")
        }
        let folder = workplace.appendingPathComponent("uploads")
        try Folder.make(folder)
        try Self.create(folder.appendingPathComponent(name), bytes)
        return "uploads/" + name
    }

    /// Throws unless `name` is that of a file in a folder: letters, digits, `.`, `_`, `-`.
    static func requireName(_ name: String) throws {
        let isPlain = name.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains($0)
        }
        guard isPlain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 200 else {
            throw StudioError(
                400,
                "'\(name.prefix(80))': a name is made of letters, digits, '.', '_' and '-', and does not begin with '.'"
            )
        }
    }

    /// Writes a file that was not there before.
    static func create(_ url: URL, _ bytes: [UInt8]) throws {
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else {
            let code = errno
            if code == EEXIST {
                throw StudioError(409, "\(url.lastPathComponent) is there already; give it another name")
            }
            throw SystemError(code, writing: url.path)
        }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = SystemError(count < 0 ? errno : ENOSPC, writing: url.path)
                unlink(url.path)
                throw failure
            }
            done += count
        }
    }
}
