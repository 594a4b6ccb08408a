// What the stages after training hold, in a run or as verbs by themselves: what the process holds anyway, which is measured, and
// what a stage takes, which follows from the sizes of its buffers.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import Generation
internal import ModelExport
internal import Models
internal import Objectives
internal import Recipes
internal import WeightFiles
internal import Vocabulary

/// The process as it stands before its first stage, model and adapter in place, and what each stage adds.
struct StageMemory {
    /// Code and libraries, tokenizer, rows, adapter: everything but the pages of the base's weights.
    let heldBytes: Int
    /// Numbers of the adapter.
    let parameters: Int
    private let opened: OpenedModel

    /// What a first stage leaves for good: pages of code, the threads' own memory, buffers of libraries. 15 to 20 MB were measured.
    private static let settlingBytes = 17_000_000

    /// Measures what is held now. The base's pages leave memory, and come back with the first pass.
    /// - Parameters:
    ///   - foldedBytes: copies of weights that the first pass makes.
    ///   - trains: whether there will be gradients, whose memory comes with the first.
    init(_ opened: OpenedModel, parameters: Int, foldedBytes: Int, trains: Bool) {
        self.opened = opened
        self.parameters = parameters
        opened.weights.releasePages()
        heldBytes = Machine.heldBytes() + Self.settlingBytes + foldedBytes + (trains ? parameters * 4 : 0)
    }

    private var base: any ModelSource { opened.weights }

    /// A stage that takes `own` beside what is held.
    func forecast(_ name: String, own: Int, mapped: Int) -> StageForecast {
        StageForecast(name: name, ownBytes: heldBytes + own, mappedBytes: mapped)
    }

    /// A stage that reads all of the base again and again.
    /// - Parameter others: bytes of models that it reads beside it.
    func forecast(_ name: String, wholeBaseAnd own: Int, otherModels others: Int = 0) -> StageForecast {
        forecast(name, own: own, mapped: base.byteCount + others)
    }

    // MARK: Stages

    /// - Parameters:
    ///   - workspaceBytes: what scoring may fill.
    ///   - generates: whether answers are generated.
    func evaluation(
        _ learner: Learner, _ recipe: Recipe, _ rows: DatasetReport, _ tasks: HeldOutTasks?, workspaceBytes: Int,
        generates: Bool
    ) -> StageForecast {
        let model = learner.model, ahead = model.rowsAhead
        let longest = (rows.longestExample + ahead) * learner.objective.unit.sequences
        let limit = max(EvaluationRows.limit(for: model, bytes: workspaceBytes), longest)
        var own = learner.predictedEvaluationBytes(rows: min(limit, max(rows.tokens + ahead * rows.examples, 1)))
        if let tasks, tasks.candidateTokens > 0 {
            let filled = min(limit, tasks.candidateTokens + ahead * tasks.labelled.count)
            let attended = min(Evaluator.mostCopies * limit, filled * tasks.labels.count)
            own = max(own, model.predictedEvaluationBytes(rows: filled, attended: attended))
        }
        if generates, let tasks, !tasks.answered.isEmpty {
            let sequences = tasks.answered.map { (prompt: $0.promptTokens, answer: recipe.evaluate.maxNewTokens) }
            own = max(
                own,
                GenerationScheduler.predictedBytes(
                    sequences, of: model, arithmetic: GenerationArithmetic(recipe.model.precision)))
        }
        return forecast("evaluate", wholeBaseAnd: own)
    }

    /// A model written tensor by tensor: a few blocks of rows, the pages of one, and before these the files of the tokenizer.
    /// - Parameter describes: whether the files of a tokenizer are among what is written.
    func writing(_ name: String, describes: Bool = true) throws -> StageForecast {
        try forecast(
            name,
            own: max(ModelMerger.streamBytes, describes ? ModelMerger.describingBytes(base) : 0),
            mapped: ModelMerger.mappedBytes(base))
    }

    /// The merged model read back, then two models, one after the other, block by block: most is mapped of the head.
    /// - Parameter type: of the merged model's numbers.
    func proof(_ model: LanguageModel, probe: [TokenizedExample], type: WeightType) -> StageForecast {
        let own = MergeProof.predictedBytes(model, probe: probe)
        return .higher(
            forecast("proof", own: own.reading, mapped: ModelMerger.mappedBytes(base)),
            forecast(
                "proof", own: own.passes,
                mapped: ModelMerger.largestTensorBytes(base, type: type)))
    }

    /// An adapter alone: read back, it stands there a second time, beside the numbers as its file has them.
    func adapterExport() -> StageForecast { forecast("export", own: 2 * parameters * 4, mapped: 0) }

    /// Each export by itself: a model is written, then read back, compared and scored.
    /// - Parameters:
    ///   - calibrations: how each is rounded to blocks.
    ///   - rows: what a written model is scored on.
    ///   - longest: tokens of the longest row that is looked at.
    func export(
        _ entries: [ExportEntry], _ calibrations: [ExportCalibration], _ model: LanguageModel, _ rows: CheckRows,
        longest: Int
    ) throws -> StageForecast? {
        guard !entries.isEmpty else { return nil }
        let models = entries.filter { !$0.isAdapter }
        guard !models.isEmpty else { return adapterExport() }
        let largest = models.map { ModelMerger.largestTensorBytes(base, type: $0.type) }.max() ?? 0
        let reading = MergeProof.readingBytes(model), mapped = ModelMerger.mappedBytes(base)
        let passes = calibrations.map { $0.predictedBytes(model, longest: longest) }.max() ?? 0
        let moments = try [
            forecast("export", own: passes, mapped: passes > 0 ? base.byteCount : 0),
            writing("export", describes: models.contains { $0.format == .safetensors }),
            forecast("export", own: reading.once, mapped: mapped),
            forecast("export", own: reading.kept + ModelMerger.streamBytes + largest, mapped: mapped),
            forecast(
                "export", own: reading.kept + ExportCheck.predictedBytes(model, rows), mapped: largest),
        ]
        return moments.max { $0.peakBytes < $1.peakBytes }
    }
}
