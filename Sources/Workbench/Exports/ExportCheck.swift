// The check of a written model, made on the staged file: weight by weight where they are floats, by what of the
// adapter's change survived, and by what it predicts on held-out rows.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import JSON
internal import Kernels
internal import ModelExport
internal import Models
internal import Objectives
internal import Tensors

/// Holds a written model against base + adapter.
struct ExportCheck {
    let base: OpenedModel
    /// The base with the adapter attached, in whatever precision it runs.
    let model: LanguageModel
    /// What the adapter adds; none without one.
    let deltas: [LowRankDelta]
    let rows: CheckRows
    let format: ModelFormat
    var options: ModelOutputOptions
    let bootstrap: ExportScores.Bootstrap
    let observer: any RunObserver

    /// What the buffers of a comparison's passes may take together, unless one row is longer.
    private static let passBytes = 64 << 20

    /// Looks at the written model.
    func run(on staged: StagedExport) throws -> ExportFinding {
        defer { FreedMemory.giveBack() }
        let merger = try ModelMerger(base: base.weights, configuration: base.configuration)
        let weights = try merger.compare(deltas, with: staged.weights, as: format, options: options)
        let shares =
            try deltas.isEmpty
            ? [] : merger.survivingShares(of: deltas, in: staged.weights, as: format, options: options)
        options.importance?.release()
        return ExportFinding(weights: weights, shares: shares, scores: try scores(of: staged))
    }

    // MARK: Predictions

    /// Everything is computed in fp32 whatever the run computed in: the rounding of products is not what is to be
    /// known.
    func scores(of staged: StagedExport) throws -> ExportScores {
        let written = try staged.languageModel()
        return try withReference { try scores(of: written, against: $0) }
    }

    private func scores(of written: LanguageModel, against reference: LanguageModel) throws -> ExportScores {
        let limit = Self.batchRows(reference, rows)
        let workspace = Workspace(reservingBytes: Self.predictedBytes(reference, rows))
        let compared = try ModelDivergence(
            of: ModelLogits(written), from: rows.reference ?? ModelLogits(reference), on: rows.examples,
            vocabularySize: base.configuration.vocabularySize, rowLimit: limit, workspace: workspace
        ) { observer.receive(.progress(done: $0.examples, total: rows.examples.count, unit: "examples (check)")) }
        var baseScores: HeldOutScores?
        if !deltas.isEmpty {
            reference.adapters = .none
            baseScores = try perRow(
                Evaluator(Learner(reference, CrossEntropyObjective()), workspace: workspace, rowLimit: limit)
                    .scores(of: rows.examples))
        }
        return ExportScores(
            compared, reference: try perRow(compared.reference), written: try perRow(compared.other),
            base: baseScores, source: rows.words, bootstrap)
    }

    /// Runs `body` with base + adapter in fp32, its pages in memory only as long as a pass needs them.
    func withReference<Result>(_ body: (LanguageModel) throws -> Result) throws -> Result {
        let reference = try model.precision == .f32 ? model : base.languageModel(precision: .f32)
        let (streamed, own) = (reference.streamsWeights, reference.adapters)
        reference.streamsWeights = true
        reference.adapters = model.adapters
        defer { (reference.streamsWeights, reference.adapters) = (streamed, own) }
        return try body(reference)
    }

    /// Writes what base + adapter predicts for the texts of the rows, one after the other.
    ///
    /// - Parameter begin: the token that each chunk begins with where the tokenizer adds one.
    func writeReference(begin: Int32?, to place: URL) throws {
        try withReference { reference in
            try ReferenceWriter(reference, workspace: Workspace()).write(
                rows.examples.flatMap(\.ids), begin: begin, to: place
            ) { observer.receive(.progress(done: $0, total: $1, unit: "chunks (reference)")) }
        }
    }

    /// Sequences of one row together.
    private func perRow(_ scores: HeldOutScores) throws -> HeldOutScores {
        try HeldOutScores(scores, perRowOf: ExampleUnits(rows.examples, of: .sequence))
    }

    /// Token rows of one batch.
    private static func batchRows(_ model: LanguageModel, _ rows: CheckRows) -> Int {
        max(rows.longest, min(rows.tokens, EvaluationRows.limit(for: model, bytes: passBytes, type: .f32)))
    }

    /// Memory of its own that scoring takes, weights and adapter not counted.
    static func predictedBytes(_ model: LanguageModel, _ rows: CheckRows) -> Int {
        ModelDivergence.predictedBytes(model, rows: batchRows(model, rows))
    }
}

/// What the check of a written model found.
struct ExportFinding {
    let weights: WeightComparison
    /// Of each changed tensor; empty without an adapter.
    let shares: [TensorShare]
    let scores: ExportScores

    /// What of the whole change survived; nil without an adapter.
    var survivingShare: Double? { shares.whole }
}

extension [TensorShare] {
    /// The share of all changes together; nil where there are none.
    var whole: Double? { isEmpty ? nil : reduce(into: SurvivingShare()) { $0 += $1.share }.value }
}
