// One run for the page: how it stands, what was logged since, and the two things that can be told it.

internal import Files
internal import Foundation
internal import JSON
internal import Server
internal import Synchronization
internal import Vocabulary
internal import Workbench

/// Runs of a folder, and the processes that the page started for them.
final class StudioRuns: Sendable {
    let folder: StudioFolder
    private let command: StudioCommand
    private let started = Mutex<[String: LatheProcess]>([:])

    init(_ folder: StudioFolder, _ command: StudioCommand) { (self.folder, self.command) = (folder, command) }

    private func process(_ id: String) -> LatheProcess? { started.withLock { $0[id] } }

    // MARK: Looking

    /// The run called `id`.
    func run(_ id: String) throws -> JSONValue {
        let process = process(id), isAtWork = process.map { $0.status == nil } ?? false
        guard let url = try? folder.run(id), let run = try WatchedRun(url) else {
            guard let process else { throw StudioError.unknown }
            // It has a folder of its own when its rows are prepared.
            return [
                "id": .string(id), "name": .string(id), "has_log": true, "steps": 0, "health": [],
                "state": .string(isAtWork ? "begun" : "it ended with status \(process.status ?? 0)"),
                "process": isAtWork ? .integer(Int(process.identifier)) : .null,
            ]
        }
        var object = run.json.object ?? JSONObject()
        object["id"] = .string(id)
        object["has_log"] = .bool(process != nil)
        if run.process == nil, isAtWork, let process { object["process"] = .integer(Int(process.identifier)) }
        let pages = [("report.html", "report.html"), ("prepared/report.html", "data.html")]
        object["files"] = .array(
            pages.compactMap { place, name in
                (try? FileForm(at: url.appendingPathComponent(place))) == .file ? .string(name) : nil
            })
        return .object(object)
    }

    /// What the process of a run says that was started here.
    func log(_ id: String) throws -> JSONValue {
        guard let process = process(id) else { throw StudioError.unknown }
        return ["text": .string(process.said + String(decoding: process.printed(atMost: 16 << 10), as: UTF8.self))]
    }

    private static let bytesAtOnce = 1 << 20

    /// Whole lines of the event log from the byte `start` on, and where to read on.
    ///
    /// - Parameter log: the log that was read so far, as the answer calls it: another one is read from its beginning.
    func events(_ id: String, from start: Int, of log: String?) throws -> JSONValue {
        let none: JSONValue = ["log": "", "next": 0, "events": [], "more": false]
        guard let url = try? folder.run(id) else {
            guard process(id) != nil else { throw StudioError.unknown }
            return none
        }
        let descriptor = open(url.appendingPathComponent("events.jsonl").path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return none }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return none }
        let size = Int(status.st_size), name = String(status.st_ino)
        let from = (0...size).contains(start) && log == name ? start : 0
        var bytes = [UInt8](repeating: 0, count: min(size - from, Self.bytesAtOnce))
        let count = pread(descriptor, &bytes, bytes.count, off_t(from))
        bytes.removeLast(bytes.count - max(0, count))
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            return ["log": .string(name), "next": .integer(from), "events": [], "more": false]
        }
        let lines = bytes[...end].split(separator: UInt8(ascii: "\n"))
        let next = from + end + 1
        return [
            "log": .string(name), "next": .integer(next), "more": .bool(next < size && bytes.count == Self.bytesAtOnce),
            "events": .array(lines.compactMap { try? JSONValue(parsing: [UInt8]($0)) }),
        ]
    }

    /// A page that Lathe wrote of the run: it has its style in it, and no script.
    func page(_ id: String, _ place: String) throws -> ServerResponse {
        let bytes = try file(id, place)
        return ServerResponse(
            status: 200,
            headers: [
                ("content-type", "text/html; charset=utf-8"),
                (
                    "content-security-policy",
                    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
                ),
            ], body: .bytes(bytes))
    }

    func recipe(_ id: String) throws -> ServerResponse {
        ServerResponse(
            status: 200, headers: [("content-type", "text/plain; charset=utf-8")],
            body: .bytes(try file(id, "recipe.yaml")))
    }

    private func file(_ id: String, _ place: String) throws -> [UInt8] {
        guard let bytes = try WholeFile.bytes(ifThere: folder.run(id).appendingPathComponent(place)) else {
            throw StudioError.unknown
        }
        return bytes
    }

    func compare(_ ids: [String]) throws -> JSONValue {
        let paths = try ids.map { try folder.run($0).path }
        do { return try RunComparison(paths).json } catch let failure as Failure {
            throw StudioError(409, "\(failure)")
        }
    }

    // MARK: Telling

    /// Has the run stop after the step in hand, as Ctrl-C does.
    func stop(_ id: String) throws -> JSONValue {
        let holder = (try? folder.run(id)).flatMap { FolderLock.process(holding: $0) }
        let own = process(id).flatMap { $0.status == nil ? Int($0.identifier) : nil }
        guard let process = holder ?? own else { throw StudioError(409, "nobody is at work in this run") }
        guard kill(pid_t(process), SIGTERM) == 0 else {
            throw SystemError(errno, writing: "process \(process)", "cannot be told to stop")
        }
        return ["process": .integer(process)]
    }

    /// Begins the run of a recipe file of the workplace, or goes on with it.
    ///
    /// - Parameter recipe: its path in the workplace.
    func start(_ id: String, recipe: String) throws -> JSONValue {
        try requireStarts()
        let process = try started.withLock { started in
            if let old = started[id], old.status == nil {
                throw StudioError(409, "process \(old.identifier) is at work in this run")
            }
            let new = try command.start(["run", recipe])
            started[id] = new
            return new
        }
        return ["id": .string(id), "file": .string(recipe), "process": .integer(Int(process.identifier))]
    }

    func requireStarts() throws { if let refusal = folder.refusal { throw StudioError(409, refusal) } }

    /// Goes on where the run stopped.
    func resume(_ id: String) throws -> JSONValue {
        let url = try folder.run(id)
        guard !id.contains("/") else { throw StudioError(409, "a trial goes on with its sweep: lathe sweep") }
        if let holder = FolderLock.process(holding: url) {
            throw StudioError(409, "process \(holder) is at work in this run")
        }
        guard try FileForm(at: url.appendingPathComponent("recipe.yaml")) == .file else {
            throw StudioError(409, "the run has no recipe.yaml, so nothing says how it goes on")
        }
        return try start(id, recipe: "checkpoints/\(id)/recipe.yaml")
    }
}
