// An importance matrix from rows: what each column of the session's model weighs in what it is used for.

internal import Datasets
internal import Files
public import Foundation
public import JSON
internal import Objectives
internal import Recipes
internal import Spelling
internal import WeightFiles

/// Gathers the importance matrix of the session's model, with its adapter where it has one, over its rows.
public struct ImatrixStage: StandaloneStage {
    private let tokenLimit: Int
    private let output: URL

    /// - Parameters:
    ///   - tokenLimit: the most tokens; nil for as many as an export takes.
    ///   - output: where it goes: a new place, or one that Lathe wrote; a name that ends in `.dat` asks for the older form.
    public init(tokens tokenLimit: Int? = nil, to output: URL) throws {
        if let tokenLimit, tokenLimit < 1 {
            throw Failure(.usage, "--tokens \(tokenLimit): expected a whole number from 1")
        }
        guard ImportanceMatrix.isName(output.lastPathComponent) else {
            throw Failure(
                .usage, "--out \(path: output.path): an importance matrix is named .imatrix, .gguf or .dat",
                hint: "\(path: output.lastPathComponent).imatrix, say")
        }
        self.tokenLimit = tokenLimit ?? ExportEntry().calibrateTokens
        self.output = output
    }

    private var objective: any Objective { CrossEntropyObjective() }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try OutputPlaces(session.resolved, adapters: session.adapterPaths)
            .require([.init(key: "--out", url: output, form: .file(.importance))])
        try session.requireWriter(for: "lathe imatrix")
        try session.base().requireOneText(for: "lathe imatrix")
        try session.requireLanguage(for: "lathe imatrix")
        try session.rendering().tell(observer)
        try session.startComputing()
        _ = try session.openHeldOut(for: objective, observer)
        _ = try session.model()
        try session.attachAdapter()
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        let longest = try session.openHeldOut(for: objective, SilentObserver()).report.longestExample
        let own = Calibration.predictedBytes(try session.model(), longest: longest)
        return [memory.forecast("imatrix", wholeBaseAnd: own)]
    }

    /// - Throws: `Failure` where rows or model cannot be read, `PlaceError` for a place that is not Lathe's.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> ImatrixReport {
        try session.ready(self, observer)
        let rows = try session.openHeldOut(for: objective, observer)
        let data = DataSummary(rows.report)
        for note in data.notes { observer.receive(.note(note)) }
        session.tell(data.warnings + (session.adapter?.warnings ?? []) + (try session.base().warnings), observer)
        let calibration = try Calibration(
            session.model(), rows.examples, from: session.recipe.data.heldOut, tokenLimit: tokenLimit)
        let matrix = try calibration.importance(observer)
        try Folder.make(output.deletingLastPathComponent())
        try matrix.write(to: output)
        return ImatrixReport(
            path: output.path, tensors: matrix.entries.count, rows: calibration.rows.rows.taken,
            tokens: calibration.rows.tokens, over: calibration.rows.text)
    }
}

/// What an importance matrix was gathered over.
public struct ImatrixReport: Presentable {
    let path: String
    let tensors: Int
    let rows: Int
    let tokens: Int
    /// The rows in words.
    let over: String

    public var json: JSONValue {
        [
            "path": .string(path), "tensors": .integer(tensors), "rows": .integer(rows), "tokens": .integer(tokens),
        ]
    }

    public var text: String {
        "importance of \(Count.text(tensors, "tensor")) over \(over), written to \(path: path)"
    }
}
