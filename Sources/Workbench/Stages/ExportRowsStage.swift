// `lathe prepare --export jsonl`: the cleaned rows as files, for use elsewhere.

internal import DataReports
internal import Files
internal import Foundation
internal import JSON
internal import Preparation
internal import Recipes

/// Cleans a recipe's rows and writes them as they are before they become text and tokens. No model is opened unless a
/// step counts tokens or asks the model; rows stream.
public struct ExportRowsStage: Stage {
    private let writes: Bool

    /// - Parameter writes: whether rows and report are written, under `checkpoints/<name>/rows`.
    public init(writes: Bool = true) { self.writes = writes }

    /// - Throws: `Failure` for data that cannot be read, and where another process is at work in the run's directory;
    ///   `PlaceError` where what is there is not Lathe's.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> DataSummary {
        let recipe = session.recipe
        try session.resolved.requireInputs(of: "data")
        let place = RunDirectory.place(of: recipe)
        let lock = writes ? try RunLock(place) : nil
        defer { lock?.release() }
        let folder = place.appendingPathComponent("rows")
        if writes {
            try OutputPlaces(session.resolved).requireRun(RunDirectory(planned: place), writing: [.rows])
        }
        let staged = writes ? try AtomicFolder(folder, .rows) : nil
        let sink = try JSONLinesSink(folder: staged?.staging)
        let lists = staged.map { JudgedListFiles(in: $0.staging) }
        let outcome = try RowCleaning(
            recipe, countTokens: try Self.tokenCounter(session),
            judge: try session.judge(observer), lists: lists
        ).run(into: sink)
        let report = DataReport(
            name: recipe.name, preparation: outcome.report, input: outcome.train, heldOutInput: outcome.heldOut,
            cover: outcome.cover)
        var names = try sink.commit()
        if let staged {
            try ReportFiles.write(report, to: staged)
            names += ReportFiles.names + (lists?.names ?? [])
            // Rows and report change places with an earlier run's in one step: no file of one run ever stands beside
            // one of another.
            try staged.commit()
        }
        return DataSummary(report, files: names.map { folder.appendingPathComponent($0).path })
    }

    private static func tokenCounter(_ session: Session) throws -> (@Sendable (String) -> Int)? {
        let needsTokens = session.recipe.data.steps.contains { step in
            if case .filter(let filter) = step { filter.minTokens != nil || filter.maxTokens != nil } else { false }
        }
        guard needsTokens else { return nil }
        let tokenizer = try session.base().tokenizer
        return { tokenizer.encode($0, addSpecialTokens: false).ids.count }
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
