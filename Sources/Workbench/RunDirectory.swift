// Where a run keeps everything: checkpoints/<name>/.

internal import Checkpoints
internal import Files
public import Foundation
internal import HDF5Files
public import JSON
internal import Recipes

/// The folder of one run. Every file in it is written whole or not at all, but for the event log, which only grows.
public struct RunDirectory: Sendable {
    public let url: URL

    /// Where the run of `recipe` lies.
    static func place(of recipe: Recipe) -> URL {
        URL(fileURLWithPath: "checkpoints").appendingPathComponent(recipe.name)
    }

    /// Makes the folder where it is missing; removes what processes killed in the midst of writing have left in it.
    public init(_ url: URL) throws {
        self.url = url
        try Folder.make(url)
        PartialFiles.removeAbandoned(in: url)
    }

    public var recipe: URL { url.appendingPathComponent("recipe.yaml") }
    public var run: URL { url.appendingPathComponent("run.json") }
    public var events: URL { url.appendingPathComponent("events.jsonl") }
    public var tensorBoard: URL { url.appendingPathComponent("tensorboard") }
    public var adapter: URL { url.appendingPathComponent("adapter") }
    public var merged: URL { url.appendingPathComponent("merged") }
    public var exports: URL { url.appendingPathComponent("export") }
    public var report: URL { url.appendingPathComponent("report.json") }
    public var readableReport: URL { url.appendingPathComponent("report.md") }

    /// Writes `text` under a temporary name and renames it.
    public func write(_ text: String, to file: URL) throws {
        try AtomicFile.write(Array(text.utf8), to: file)
    }

    public func write(_ value: JSONValue, to file: URL) throws {
        try write(value.text(.pretty) + "\n", to: file)
    }

    /// Removes what an earlier run made here, so that nothing of it stands beside what a new one makes. Prepared rows stay: they are used
    /// again only where they are what would be made anew.
    func clear() throws {
        let files = FileManager.default
        // First what says that there is something.
        for file in [run, report, readableReport] { try Folder.removeFile(file) }
        try CheckpointFolder(url).removeAll()
        for place in [adapter, merged, exports, tensorBoard, events, recipe] { try? files.removeItem(at: place) }
    }
}
