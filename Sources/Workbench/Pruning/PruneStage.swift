// A smaller model out of a base: some of its parts left out, the rest written as a model of its own.

internal import Files
public import Foundation
internal import ModelExport
internal import Models
internal import Pruning
internal import Vocabulary

/// Writes what a choice leaves of the session's base, and scores it before any training.
public struct PruneStage: StandaloneStage {
    private let wishes: PruneWishes
    private let type: WeightType
    private let output: URL

    /// - Parameters:
    ///   - wishes: what is to stay.
    ///   - typeName: the number type of the weights; "auto": the base's own, bf16 of a quantised one.
    ///   - output: where the model is to stand: a new folder, or one that Lathe wrote.
    /// - Throws: `Failure` for a list that is none, and where the place's name says another form than a folder.
    public init(_ wishes: PruneWishes, type typeName: String = "auto", into output: URL) throws {
        if let layers = wishes.layers { _ = try BlockList(layers) }
        self.wishes = wishes
        type = try ExportStage.type(typeName, "--type")
        try ExportStage.require(.safetensors, holding: type, "--type", .usage)
        try OutputForm.huggingFaceFolder.require(output.path, "--out")
        self.output = output
    }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try wishes.require(hasRows: !session.recipe.data.heldOut.isEmpty)
        try OutputPlaces(session.resolved).require([.init(key: "--out", url: output, form: .folder(.model))])
        try session.startComputing()
        let base = try session.base()
        try base.requireOneText(for: "lathe prune")
        try wishes.require(base.configuration)
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
        let choice = try PruneChoice(wishes, base.weights, session.model(), rows, observer)
        let pruned = try PrunedModel(base.weights, choice.plan)
        observer.receive(
            .stage("prune", detail: "\(choice.plan.blocks.count) of \(base.configuration.layers) blocks stay"))
        let whole = try rows.scores(of: session.model(), "base")
        var report: PruneReport?
        try Folder.make(output.deletingLastPathComponent())
        let merger = try ModelMerger(base: pruned, configuration: pruned.configuration)
        try merger.export(as: .huggingFaceFolder, into: output, options: ModelOutputOptions(type: type)) {
            result, place in
            let staged = try StagedExport(place, .huggingFaceFolder, result, of: base)
            try require(staged, toBe: pruned, merger, observer)
            let read = try pruned.plan.tokens.map { try rows.read(by: place, keeping: $0) } ?? rows
            let left = try read.scores(of: rows.model(staged), "pruned")
            let made = PruneReport(
                path: output.path, type: result.type.rawValue,
                base: .init(base.path, base.configuration, base.weights),
                pruned: .init(output.path, staged.configuration, staged.weights),
                baseDigest: try base.weights.contentDigest(), choice: choice, comparison: rows.comparison(whole, left),
                rows: rows.words, warnings: session.told)
            try made.write(into: place)
            try ModelCard(
                .pruned(made.removed + choice.lines), called: output.lastPathComponent, of: session,
                proof: [made.losses]
            ).write(into: place)
            report = made
        }
        guard var report else { throw Failure(.internal, "\(path: output.path): the model was not checked") }
        let written = try WrittenFiles(output, isFolder: true)
        report.written = (written.bytes, written.sha256)
        return report
    }

    /// Throws unless what was written is what was to be left, number by number.
    private func require(
        _ staged: StagedExport, toBe pruned: PrunedModel, _ merger: ModelMerger, _ observer: any RunObserver
    ) throws {
        observer.receive(
            .stage("proof", detail: "the pruned model, read back, against what was to be left of the base"))
        let weights = try merger.compare([], with: staged.weights, as: .huggingFaceFolder, type: type)
        guard weights.strayCount == 0, staged.configuration.blocks == pruned.configuration.blocks,
            staged.configuration.vocabularySize == pruned.configuration.vocabularySize
        else {
            let what =
                weights.firstStray.map { "\(weights.strayCount) weights are others, the first in \($0)" }
                ?? "its config.json says other sizes"
            throw Failure(
                .internal, "\(path: output.path): the written model is not what was to be left of the base: \(what)")
        }
    }
}
