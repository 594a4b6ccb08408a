// The comparison behind a merge's certificate: base + adapter and the merged model on the same rows, one model after the other, each
// weight in memory only as long as a pass needs it.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import Kernels
internal import ModelExport
internal import Models
internal import Objectives
internal import Tensors
internal import Vocabulary

/// Compares a merged model, read back from its files, with base + adapter.
struct MergeProof {
    private let opened: OpenedModel
    private let model: LanguageModel
    private let probe: [TokenizedExample]
    /// What the rows of the probe are, in words.
    private let source: String
    private let bootstrap: ExportScores.Bootstrap

    /// Tokens of the vocabulary whose logits are in memory at once.
    private static let tile = 1536

    /// - Parameter model: the base with the adapter attached, in whatever precision it runs.
    init(
        _ opened: OpenedModel, adapted model: LanguageModel, probe: [TokenizedExample], _ source: String,
        _ bootstrap: ExportScores.Bootstrap
    ) {
        self.opened = opened
        self.model = model
        self.probe = probe
        self.source = source
        self.bootstrap = bootstrap
    }

    /// What a comparison found.
    struct Finding {
        let weights: WeightComparison
        let logits: LogitComparison
        let losses: ProbeLosses
        /// Of the whole change, what is in the weights.
        let survivingShare: Double?
        let gain: KeptGain
    }

    /// What the two predict for the probe, and the losses of all three models.
    ///
    /// Everything is computed in fp32 whatever the run computed in: the rounding of products is not what is to be proven.
    /// - Parameter type: the type that the merged model was asked to have.
    func compare(with folder: URL, type: WeightType) throws -> Finding {
        let (merged, weights, share) = try reread(folder, type)
        let adapted = try model.precision == .f32 ? model : opened.languageModel(precision: .f32)
        let streamed = adapted.streamsWeights
        adapted.streamsWeights = true
        defer { adapted.streamsWeights = streamed }
        let adapters = model.adapters
        defer { adapted.adapters = adapters }
        adapted.adapters = .none
        let workspace = Workspace(reservingBytes: Self.passBytes(model, probe: probe))
        let base = try scores(adapted, workspace)
        adapted.adapters = adapters
        let states = Workspace()
        let adapterStates = try finalStates(adapted, in: states, workspace)
        let adapter = try scores(adapted, workspace)
        opened.weights.releasePages()
        let mergedStates = try finalStates(merged, in: states, workspace)
        let written = try scores(merged, workspace)
        let losses = ProbeLosses(
            base: base.loss ?? .nan, adapter: adapter.loss ?? .nan, merged: written.loss ?? .nan)
        return Finding(
            weights: weights, logits: comparison((adapted, adapterStates), (merged, mergedStates), workspace),
            losses: losses, survivingShare: share, gain: gain(losses, from: base, to: adapter))
    }

    private func gain(_ losses: ProbeLosses, from base: HeldOutScores, to adapter: HeldOutScores) -> KeptGain {
        let compared = PairedComparison(
            base: .loss(base), adapter: .loss(adapter), seed: bootstrap.seed, sampleCount: bootstrap.sampleCount)
        return KeptGain(
            source: source, base: losses.base, reference: losses.adapter, written: losses.merged,
            isBeyondChance: compared.verdict == .better)
    }

    /// The model in `folder`, all of its files read. Only its weights are kept, and before passes take memory.
    private func reread(_ folder: URL, _ type: WeightType) throws -> (LanguageModel, WeightComparison, share: Double?) {
        defer { FreedMemory.giveBack() }
        let written = try OpenedModel(folder.path)
        let merged = try written.languageModel(precision: .f32)
        merged.streamsWeights = true
        let merger = try ModelMerger(base: opened.weights, configuration: opened.configuration)
        let deltas = model.lowRankDeltas
        let weights = try merger.compare(deltas, with: written.weights, as: .huggingFaceFolder, type: type)
        let shares = try merger.survivingShares(
            of: deltas, in: written.weights, as: .huggingFaceFolder, options: ModelOutputOptions(type: type))
        return (merged, weights, shares.whole)
    }

    // MARK: Memory

    /// Memory of its own that a comparison takes, weights and adapter not counted: while the merged model is read, and while the
    /// models are compared.
    static func predictedBytes(_ model: LanguageModel, probe: [TokenizedExample]) -> (reading: Int, passes: Int) {
        let states = 2 * Workspace.byteCount(rows: rowCount(probe), columns: model.configuration.width)
        let reading = readingBytes(model)
        return (reading.once, reading.kept + states + passBytes(model, probe: probe))
    }

    /// Memory that reading back a written model takes, and what stays of it.
    static func readingBytes(_ model: LanguageModel) -> (once: Int, kept: Int) {
        // As measured: a tokenizer as parsed JSON and as tables takes 780 bytes a token, and leaves 200 between pieces that stay.
        let vocabulary = model.configuration.vocabularySize
        return (780 * vocabulary + LanguageModel.validationBytes, 200 * vocabulary)
    }

    /// Buffers of a pass, or of a part of the vocabulary for both models.
    private static func passBytes(_ model: LanguageModel, probe: [TokenizedExample]) -> Int {
        let width = model.configuration.width, tile = min(tile, model.configuration.vocabularySize)
        let comparison =
            2 * Workspace.byteCount(rows: rowCount(probe), columns: tile)
            + Panels.byteCount(depth: width, columns: tile, type: .f32)
        return max(comparison, model.predictedEvaluationBytes(rows: longest(probe), type: .f32, streamed: true))
    }

    private static func rowCount(_ probe: [TokenizedExample]) -> Int { probe.reduce(0) { $0 + $1.ids.count } }
    private static func longest(_ probe: [TokenizedExample]) -> Int { probe.map(\.ids.count).max() ?? 1 }

    // MARK: Passes

    /// Rows that are compared.
    private var rowCount: Int { probe.reduce(0) { $0 + comparedRows($1) } }

    /// All of an example; where an encoder reads, what is written.
    private func comparedRows(_ example: TokenizedExample) -> Int {
        example.ids.count - (opened.startToken.flatMap { example.ids.firstIndex(of: $0) } ?? 0)
    }

    private func scores(_ model: LanguageModel, _ workspace: Workspace) throws -> HeldOutScores {
        let learner = Learner(model, CrossEntropyObjective())
        let scores = try Evaluator(learner, workspace: workspace, rowLimit: Self.longest(probe)).scores(of: probe)
        return try HeldOutScores(scores, perRowOf: ExampleUnits(probe, of: .sequence))
    }

    /// What the model's head sees of the probe, one sequence after the other, in `states`.
    private func finalStates(_ model: LanguageModel, in states: Workspace, _ workspace: Workspace) throws -> Matrix {
        let result = states.matrix(rows: rowCount, columns: model.configuration.width)
        var start = 0
        for example in probe {
            let rows = start..<(start + comparedRows(example))
            let batch = TokenBatch(examples: [(example.ids, example.isTarget)])
            try model.finalStates(batch, into: result.rows(rows), workspace: workspace)
            start = rows.upperBound
        }
        return result
    }

    private func comparison(
        _ left: (model: LanguageModel, states: Matrix), _ right: (model: LanguageModel, states: Matrix),
        _ workspace: Workspace
    ) -> LogitComparison {
        let vocabulary = opened.configuration.vocabularySize
        var rows = LogitRows(count: rowCount)
        for start in stride(from: 0, to: vocabulary, by: Self.tile) {
            let range = start..<min(start + Self.tile, vocabulary)
            workspace.scoped {
                func logits(_ side: (model: LanguageModel, states: Matrix)) -> UnsafeBufferPointer<Float> {
                    let logits = workspace.matrix(rows: rowCount, columns: range.count)
                    side.model.logits(of: side.states, tokens: range, into: logits, workspace: workspace)
                    return UnsafeBufferPointer(logits.floats)
                }
                rows.add(adapter: logits(left), merged: logits(right), width: range.count, firstToken: start)
            }
        }
        var comparison = LogitComparison()
        comparison.add(rows)
        return comparison
    }
}
