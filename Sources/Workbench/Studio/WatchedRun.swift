// A run as somebody watches it: how far it is, what its health says, who is at work in it, what decides it.

internal import Files
public import Foundation
public import JSON
internal import Vocabulary

/// What a run's folder says of itself at this moment.
public struct WatchedRun: Presentable {
    private let inspection: RunInspection
    /// The process that is at work in the folder.
    public let process: Int?

    /// nil where the folder is no run.
    ///
    /// - Throws: where the folder cannot be looked into.
    public init?(_ url: URL) throws {
        guard let inspection = try RunInspection(url) else { return nil }
        self.inspection = inspection
        process = FolderLock.process(holding: url)
    }

    /// The keys that decide the run, with their values as text.
    private var keys: JSONObject { inspection.run["fingerprint"]?["recipe"]?.object ?? JSONObject() }
    /// The base as the run names it.
    public var base: String? { inspection.run["base"]?.string }

    public var json: JSONValue {
        var object = inspection.json.object ?? JSONObject()
        object["process"] = process.map { .integer($0) } ?? .null
        object["memory_bytes"] = process.flatMap(Self.memory).map { .integer($0) } ?? .null
        object["peak_memory_bytes"] = inspection.run["peak_memory_bytes"] ?? .null
        object["recipe"] = .object(keys)
        if let evaluation = inspection.report?["evaluation"] { object["evaluation"] = evaluation }
        return .object(object)
    }

    public var text: String { json.text(.pretty) }

    /// What the process holds in memory, as the system tells it.
    private static func memory(of process: Int) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}

extension RunComparison {
    /// Runs against the first, with the standing settings of intervals.
    public init(_ paths: [String]) throws {
        try self.init(paths, ResolvedRecipe(model: "", overrides: [], for: .compare))
    }
}
