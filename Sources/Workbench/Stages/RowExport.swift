// `lathe prepare --export jsonl`: the cleaned rows as files, for use elsewhere.

internal import DataReports
internal import Files
internal import Foundation
public import JSON
internal import Preparation
internal import Recipes

/// Cleans a recipe's rows and writes them. No model is opened unless a step counts tokens; rows stream.
public struct RowExport: Presentable {
    private let report: DataReport
    private let files: [String]

    /// - Parameter writes: false: only the report.
    public init(_ resolved: ResolvedRecipe, writes: Bool) throws {
        let recipe = resolved.recipe
        try resolved.requireInputs(of: "data")
        let place = RunDirectory.place(of: recipe)
        let lock = writes ? try RunLock(place) : nil
        defer { lock?.release() }
        let folder = place.appendingPathComponent("rows")
        if writes { try OutputPlaces(resolved).requireRun(RunDirectory(planned: place), writing: [.rows]) }
        let staged = writes ? try AtomicFolder(folder, .rows) : nil
        let sink = try JSONLinesSink(folder: staged?.staging)
        let outcome = try RowCleaning(recipe, countTokens: try Self.tokenCounter(recipe)).run(into: sink)
        report = DataReport(
            name: recipe.name, preparation: outcome.report, input: outcome.train, heldOutInput: outcome.heldOut,
            cover: outcome.cover)
        var names = try sink.commit()
        if let staged {
            try ReportFiles.write(report, to: staged)
            names += ReportFiles.names
            // Rows and report change places with an earlier run's in one step: no file of one run ever stands beside one of another.
            try staged.commit()
        }
        files = names.map { folder.appendingPathComponent($0).path }
    }

    private static func tokenCounter(_ recipe: Recipe) throws -> (@Sendable (String) -> Int)? {
        let needsTokens = recipe.data.steps.contains { step in
            if case .filter(let filter) = step { filter.minTokens != nil || filter.maxTokens != nil } else { false }
        }
        guard needsTokens else { return nil }
        let tokenizer = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate).tokenizer
        return { tokenizer.encode($0, addSpecialTokens: false).ids.count }
    }

    public var json: JSONValue {
        var object = report.json.object ?? JSONObject()
        object["files"] = .array(files.map { .string($0) })
        return .object(object)
    }

    public var text: String {
        (report.lines + files.map { "written   \($0)" }).joined(separator: "\n")
    }
}

/// Writes rows as one JSON object a line, `train.jsonl` and `held_out.jsonl`.
private final class JSONLinesSink: RowSink {
    private let train: AtomicFile?
    private let heldOut: AtomicFile?
    private var heldOutRows = 0
    private var trainBytes: [UInt8] = []
    private var heldOutBytes: [UInt8] = []

    init(folder: URL?) throws {
        guard let folder else {
            train = nil
            heldOut = nil
            return
        }
        train = try AtomicFile(folder.appendingPathComponent("train.jsonl"))
        heldOut = try AtomicFile(folder.appendingPathComponent("held_out.jsonl"))
    }

    func receive(_ row: Row) throws {
        guard let train, let heldOut else { return }
        if row.isHeldOut {
            heldOutRows += 1
            try append(row, to: &heldOutBytes, heldOut)
        } else {
            try append(row, to: &trainBytes, train)
        }
    }

    private func append(_ row: Row, to bytes: inout [UInt8], _ file: AtomicFile) throws {
        JSONBytes.append(.object(row.fields), to: &bytes)
        bytes.append(0x0A)
        guard bytes.count >= 1 << 18 else { return }
        try file.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    func finish() throws {
        try train?.write(trainBytes)
        try heldOut?.write(heldOutBytes)
    }

    /// Puts the files in their places; their names.
    func commit() throws -> [String] {
        guard let train, let heldOut else { return [] }
        try train.commit()
        if heldOutRows > 0 {
            try heldOut.commit()
        } else {
            heldOut.abandon()
        }
        return [train, heldOut].prefix(heldOutRows > 0 ? 2 : 1).map(\.url.lastPathComponent)
    }
}
