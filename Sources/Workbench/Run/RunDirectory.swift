// Where a run keeps everything: checkpoints/<name>/.

internal import Checkpoints
internal import Files
public import Foundation
public import JSON
internal import Recipes
internal import WeightFiles

/// The folder of one run. Every file in it is written whole or not at all, but for the event log, which only grows.
public struct RunDirectory: Sendable {
    public let url: URL

    /// Where the run of `recipe` lies.
    static func place(of recipe: Recipe) -> URL { place(of: recipe.name) }

    /// Where the run called `name` lies.
    static func place(of name: String) -> URL { URL(fileURLWithPath: "checkpoints").appendingPathComponent(name) }

    /// Makes the folder where it is missing; removes what processes killed in the midst of writing have left in it.
    public init(_ url: URL) throws {
        self.init(planned: url)
        try Folder.make(url)
        try files.removeAbandoned()
    }

    /// The folder as it may come to be; nothing is made.
    init(planned url: URL) { self.url = url }

    public var recipe: URL { url.appendingPathComponent("recipe.yaml") }
    public var run: URL { url.appendingPathComponent("run.json") }
    public var events: URL { url.appendingPathComponent("events.jsonl") }
    public var tensorBoard: URL { url.appendingPathComponent("tensorboard") }
    public var adapter: URL { url.appendingPathComponent("adapter") }
    public var merged: URL { url.appendingPathComponent("merged") }
    public var exports: URL { url.appendingPathComponent("export") }
    public var report: URL { url.appendingPathComponent("report.json") }
    public var readableReport: URL { url.appendingPathComponent("report.md") }
    /// The report as a page for a browser.
    public var page: URL { url.appendingPathComponent("report.html") }
    public var answers: URL { url.appendingPathComponent(AnswersFile.name) }
    /// What each held-out row adds to the metrics.
    var scores: URL { url.appendingPathComponent(RowScores.fileName) }

    /// Its loose files.
    var files: OwnedFiles { OwnedFiles(url, .run) }
    var capture: URL { url.appendingPathComponent("capture.h5") }
    /// What a reference says of the training rows.
    var reference: URL { url.appendingPathComponent("reference.json") }
    var prepared: URL { url.appendingPathComponent("prepared") }
    var rows: URL { url.appendingPathComponent("rows") }
    /// What a teacher wrote.
    var written: URL { url.appendingPathComponent("written") }

    /// Writes `text` under a temporary name and renames it.
    public func write(_ text: String, to file: URL) throws {
        try files.write(Array(text.utf8), to: file.lastPathComponent)
    }

    public func write(_ value: JSONValue, to file: URL) throws {
        try write(value.text(.pretty) + "\n", to: file)
    }

    // MARK: What is Lathe's in it

    private var looseFiles: [URL] { [run, report, readableReport, page, answers, scores, recipe, events] }

    /// Every place that a run needs itself, whatever its recipe.
    var parts: [URL] {
        looseFiles + [
            prepared, rows, written, adapter, tensorBoard, reference, capture, Manifest.place(besideFile: capture),
            Manifest.place(inFolder: url),
        ]
    }

    /// What a call makes in it.
    enum Part {
        case prepared, rows, written
        /// Checkpoints, logs, the adapter and reports.
        case training
    }

    /// The places of a part.
    func places(of part: Part) -> [URL] {
        switch part {
        case .prepared: [prepared]
        case .rows: [rows]
        case .written: [written]
        case .training: looseFiles + [reference, adapter, tensorBoard]
        }
    }

    /// Throws unless the folder is new, or Lathe's, with nothing of anybody else's in the places that are about to be
    /// written.
    func requireOwn(writing parts: [Part]) throws {
        try Ownership.requireHome(url, .run)
        for part in parts {
            switch part {
            case .prepared: try Ownership.requireFolder(prepared, .prepared)
            case .rows: try Ownership.requireFolder(rows, .rows)
            case .written: try Ownership.requireFolder(written, .rows)
            case .training:
                for file in looseFiles + [reference] { try files.require(file.lastPathComponent) }
                try Ownership.requireFolder(adapter, .adapter, of: url.lastPathComponent)
                try Ownership.requireFolder(tensorBoard, .curves)
                try CheckpointFolder(url).requireOwn()
            }
        }
    }

    /// Where a person has `recipe` keep what its teacher says.
    func captures(of recipe: Recipe) -> [OutputPlaces.Output] {
        guard recipe.distill.isAsked, recipe.distill.source.isCaptured, recipe.distill.path != nil else { return [] }
        return [.init(key: "distill.path", url: capturePlace(recipe), form: .file(.capture))]
    }

    /// What `recipe` has merged and exported.
    func outputs(of recipe: Recipe) -> [OutputPlaces.Output] {
        var outputs: [OutputPlaces.Output] = []
        if recipe.merge.enabled {
            outputs.append(
                .init(
                    key: "merge.path", url: mergePlace(recipe), form: .folder(.model), run: recipe.name))
        }
        for (index, entry) in recipe.export.enumerated() {
            outputs.append(
                .init(
                    key: "export[\(index)].path", url: exportPlace(entry), form: entry.written.form,
                    run: recipe.name))
        }
        return outputs
    }

    /// The run that an output at `path` is noted as made by; nil for places in the run's own directory, which is nobody
    /// else's.
    static func owner(of path: String?, _ recipe: Recipe) -> String? { path == nil ? nil : recipe.name }

    /// Where the teacher's distributions go.
    func capturePlace(_ recipe: Recipe) -> URL { recipe.distill.path.map(OutputPlaces.url) ?? capture }

    /// Where the merged model of `recipe` goes.
    func mergePlace(_ recipe: Recipe) -> URL { recipe.merge.path.map(OutputPlaces.url) ?? merged }

    /// Where an export goes.
    func exportPlace(_ entry: ExportEntry) -> URL {
        entry.path.map(OutputPlaces.url)
            ?? exports.appendingPathComponent(entry.written.defaultName)
    }

    /// SHA-256 of the factors of the adapter that was trained here.
    func adapterDigest() throws -> String {
        try MappedFile(adapter.appendingPathComponent("adapter_model.safetensors")).digest
    }

    /// Brings the list of the files in order that a writing which was refused halfway left.
    func settle() throws { try files.settle() }

    /// Removes what an earlier run made here, so that nothing of it stands beside what a new one makes, and nothing
    /// that is not Lathe's. Prepared rows and a teacher's texts stay: they are used again only where they are what would be made
    /// anew.
    func clear() throws {
        // First what says that there is something.
        for file in looseFiles { try files.remove(file.lastPathComponent) }
        try CheckpointFolder(url).removeAll()
        for place in try made { try Ownership.removeIfOwn(place) }
        rmdir(exports.path)
    }

    /// All that `clear` removes.
    var cleared: [URL] {
        get throws {
            let checkpoints = CheckpointFolder(url)
            return try looseFiles + checkpoints.steps.map(checkpoints.file) + made
        }
    }

    /// Folders and single files that earlier runs made beside checkpoints.
    private var made: [URL] {
        get throws {
            try [adapter, tensorBoard, merged] + (Folder.names(in: exports) ?? []).map(exports.appendingPathComponent)
        }
    }
}
