// Where a run keeps everything: checkpoints/<name>/.

public import Foundation
public import JSON
internal import HDF5Files
internal import WeightFiles

/// The folder of one run. Every file in it is written whole or not at all, but for the event log, which only grows.
public struct RunDirectory: Sendable {
    public let url: URL

    /// Makes the folder where it is missing; removes what processes killed in the midst of writing have left in it.
    public init(_ url: URL) throws {
        self.url = url
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw Failure(.inputOutput, "cannot make the run directory \(url.path): \(plainWords(error))")
        }
        PartialFiles.removeAbandoned(in: url)
    }

    public var recipe: URL { url.appendingPathComponent("recipe.yaml") }
    public var run: URL { url.appendingPathComponent("run.json") }
    public var events: URL { url.appendingPathComponent("events.jsonl") }
    public var tensorBoard: URL { url.appendingPathComponent("tensorboard") }
    public var adapter: URL { url.appendingPathComponent("adapter") }
    public var merged: URL { url.appendingPathComponent("merged") }
    public var report: URL { url.appendingPathComponent("report.json") }
    public var readableReport: URL { url.appendingPathComponent("report.md") }

    /// Writes `text` under a temporary name and renames it.
    public func write(_ text: String, to file: URL) throws {
        try AtomicFile.write(Array(text.utf8), to: file)
    }

    public func write(_ value: JSONValue, to file: URL) throws {
        try write(value.text(.pretty) + "\n", to: file)
    }
}
