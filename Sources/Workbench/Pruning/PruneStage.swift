// A smaller model out of a base: some of its parts left out, the rest written as a model of its own.

internal import Files
public import Foundation
internal import ModelExport
internal import Models
internal import Pruning
internal import Vocabulary

/// Writes what a choice leaves of the session's base, and scores it before any training.
public struct PruneStage: StandaloneStage {
    private let layers: BlockList
    private let type: WeightType
    private let output: URL

    /// - Parameters:
    ///   - layers: the blocks that stay: "0-15,20".
    ///   - typeName: the number type of the weights; "auto": the base's own, bf16 of a quantised one.
    ///   - output: where the model is to stand: a new folder, or one that Lathe wrote.
    /// - Throws: `Failure` for a list that is none, and where the place's name says another form than a folder.
    public init(layers: String, type typeName: String = "auto", into output: URL) throws {
        self.layers = try BlockList(layers)
        type = try ExportStage.type(typeName, "--type")
        try ExportStage.require(.safetensors, holding: type, "--type", .usage)
        try OutputForm.huggingFaceFolder.require(output.path, "--out")
        self.output = output
    }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try OutputPlaces(session.resolved).require([.init(key: "--out", url: output, form: .folder(.model))])
        try session.startComputing()
        let base = try session.base()
        _ = try plan(for: base)
        _ = try PruneRows(session, observer)
        _ = try session.model()
        session.tell(base.warnings, observer)
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        [try memory.writing("prune"), memory.forecast("prune", wholeBaseAnd: try session.evaluationBytes())]
    }

    /// - Throws: `Failure` where nothing would be removed, or the written model is not what was to be left; what stood at
    ///   the place before stands there still.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> PruneReport {
        try session.ready(self, observer)
        let base = try session.base(), rows = try PruneRows(session, observer)
        let pruned = try PrunedModel(base.weights, plan(for: base))
        observer.receive(
            .stage("prune", detail: "\(pruned.plan.blocks.count) of \(base.configuration.layers) blocks stay"))
        let whole = try rows.scores(of: session.model(), "base")
        var report: PruneReport?
        try Folder.make(output.deletingLastPathComponent())
        let merger = try ModelMerger(base: pruned, configuration: pruned.configuration)
        try merger.export(as: .huggingFaceFolder, into: output, options: ModelOutputOptions(type: type)) {
            result, place in
            let staged = try StagedExport(place, .huggingFaceFolder, result, of: base)
            try require(staged, toBe: pruned, merger, observer)
            let left = try rows.scores(of: rows.model(staged), "pruned")
            let made = PruneReport(
                path: output.path, type: result.type.rawValue,
                base: .init(base.path, base.configuration, base.weights),
                pruned: .init(output.path, staged.configuration, staged.weights),
                baseDigest: try base.weights.contentDigest(), blocks: pruned.plan.blocks,
                comparison: rows.comparison(whole, left), rows: rows.words, warnings: session.told)
            try made.write(into: place)
            try ModelCard(
                .pruned(made.removed), called: output.lastPathComponent, of: session, proof: [made.losses]
            ).write(into: place)
            report = made
        }
        guard var report else { throw Failure(.internal, "\(path: output.path): the model was not checked") }
        let written = try WrittenFiles(output, isFolder: true)
        report.written = (written.bytes, written.sha256)
        return report
    }

    private func plan(for base: OpenedModel) throws -> PruningPlan {
        let blocks = try layers.numbers(of: base.configuration.layers)
        guard blocks.count < base.configuration.layers else {
            throw Failure(
                .usage, "--layers \(blocks.asBlockList): all blocks stay, so nothing would be removed",
                hint: "the model has \(base.configuration.layers) blocks: list those that are to stay")
        }
        return PruningPlan(blocks: blocks)
    }

    /// Throws unless what was written is what was to be left, number by number.
    private func require(
        _ staged: StagedExport, toBe pruned: PrunedModel, _ merger: ModelMerger, _ observer: any RunObserver
    ) throws {
        observer.receive(
            .stage("proof", detail: "the pruned model, read back, against what was to be left of the base"))
        let weights = try merger.compare([], with: staged.weights, as: .huggingFaceFolder, type: type)
        guard weights.strayCount == 0, staged.configuration.blocks == pruned.configuration.blocks else {
            let what =
                weights.firstStray.map { "\(weights.strayCount) weights are others, the first in \($0)" }
                ?? "its config.json says other blocks"
            throw Failure(
                .internal, "\(path: output.path): the written model is not what was to be left of the base: \(what)")
        }
    }
}
