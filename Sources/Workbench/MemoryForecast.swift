// What each stage of a run will hold at its peak: what the process holds anyway, what the stage takes, and what it maps of files.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import ModelExport
internal import Models
internal import Recipes
internal import Tensors
internal import Training
internal import WeightFiles

/// What one stage will hold.
struct StageForecast {
    let name: String
    /// Memory of its own, which stays until the stage gives it back.
    let ownBytes: Int
    /// Pages of files, which leave memory as soon as a pass is through with them, or where the system wants them.
    let mappedBytes: Int

    var peakBytes: Int { ownBytes + mappedBytes }
}

/// The stages that a recipe asks for, in their order.
struct MemoryForecast {
    let stages: [StageForecast]

    /// The highest of them.
    var peakBytes: Int { stages.map(\.peakBytes).max() ?? 0 }

    init(_ run: TrainingRun) {
        let facts = Facts(run)
        var stages = [facts.training]
        if run.recipe.evaluate.enabled, run.split.heldOut != nil { stages.append(facts.evaluation(run)) }
        if run.recipe.merge.enabled { stages += [facts.writing("merge"), facts.proof] }
        if let export = facts.export(run.recipe.export) { stages.append(export) }
        self.stages = stages
    }

    /// Throws, before anything is computed, where a stage cannot stay within the limit that a person set.
    func requireWithin(_ limit: Int?) throws {
        guard let limit else { return }
        let beyond = stages.filter { $0.peakBytes > limit }
        guard !beyond.isEmpty else { return }
        throw Failure(
            .badInput,
            "train.memory_limit: \(ByteCount.text(limit)) is too little for "
                + beyond.map { "\($0.name) (\(ByteCount.text($0.peakBytes)))" }.joined(separator: ", "),
            hint: "raise train.memory_limit, or leave the stage out of the recipe")
    }
}

/// Sizes that the stages are made of.
private struct Facts {
    let model: LanguageModel
    let base: any WeightSource
    let limit: Int?
    /// The program and what every stage holds: rows, tokenizer, the adapter's numbers with gradients and moments.
    let held: Int
    let parameters: Int
    let workspace: Int
    let vocabulary: Int
    let keepsBest: Bool

    init(_ run: TrainingRun) {
        model = run.model
        base = run.opened.weights
        limit = run.recipe.train.memoryLimitBytes
        parameters = run.adapter.slab.count
        keepsBest = run.recipe.train.saveBest && run.split.heldOut != nil
        held = MemoryPlan.programBytes(vocabulary: run.opened.tokenizer.vocabularySize) + parameters * 16
        workspace = model.predictedBytes(
            rows: Self.largestBatch(run), recomputedBlocks: run.memory.recomputedBlocks)
        vocabulary = run.opened.tokenizer.vocabularySize
    }

    /// Tokens of the largest micro-batch, which is seldom as tall as it may be: of the first steps, which are like the others.
    private static func largestBatch(_ run: TrainingRun) -> Int {
        let examples = run.split.train.examples, configuration = run.configuration
        var order = ExampleOrder(
            exampleCount: examples.count, batchSize: configuration.batchSize, seed: configuration.seed,
            shuffles: configuration.shuffles)
        var largest = 1
        for step in 0..<min(configuration.totalSteps, 10_000) {
            let lengths = order.examples(afterSteps: step).map(examples.tokenCount)
            for range in MicroBatchPlan(lengths: lengths, rowLimit: configuration.rowLimit).ranges {
                largest = max(largest, lengths[range].reduce(0, +))
            }
        }
        return largest
    }

    // MARK: Stages

    /// Steps, and between them checkpoints, which are made in memory without the buffers of a step.
    var training: StageForecast {
        let best = keepsBest ? parameters * 4 : 0
        return StageForecast(
            name: "train", ownBytes: held + best + max(workspace, 3 * (parameters * 12 + best)),
            mappedBytes: base.byteCount)
    }

    func evaluation(_ run: TrainingRun) -> StageForecast {
        let room = EvaluationRows.bytes(
            for: model, memoryLimit: limit, heldBytes: held + base.byteCount)
        let rows = min(
            max(EvaluationRows.limit(for: model, bytes: room), run.split.heldOut?.report.longestExample ?? 1),
            max(run.split.heldOut?.report.tokens ?? 1, run.tasks?.candidateTokens ?? 1))
        var own = model.predictedEvaluationBytes(rows: rows)
        if let tasks = run.tasks, !tasks.answered.isEmpty {
            let longest = tasks.answered.map { $0.promptTokens + run.recipe.evaluate.maxNewTokens }.sorted(by: >)
            own = max(own, model.predictedGenerationBytes(lengths: Array(longest.prefix(16))))
        }
        return StageForecast(name: "evaluate", ownBytes: held + own, mappedBytes: base.byteCount)
    }

    /// Tensor by tensor: a few blocks of rows, and the pages of the tensor at hand.
    func writing(_ name: String) -> StageForecast {
        StageForecast(
            name: name, ownBytes: held + parameters * 4 + ModelMerger.streamBytes, mappedBytes: largestTensor(base))
    }

    /// The merged model's tokenizer, read back: tokens and merges as JSON.
    private var tokenizerFiles: Int { vocabulary * 400 }

    /// Two models, one after the other, block by block.
    var proof: StageForecast {
        StageForecast(
            name: "proof", ownBytes: held + MergeProof.predictedBytes(model) + tokenizerFiles,
            mappedBytes: max(largestTensor(base), largestTensorElements * 2))
    }

    /// Each export by itself; the adapter alone takes next to nothing.
    func export(_ entries: [ExportEntry]) -> StageForecast? {
        guard !entries.isEmpty else { return nil }
        let writesModel = entries.contains { $0.format != .peft }
        return writesModel
            ? writing("export") : StageForecast(name: "export", ownBytes: held + parameters * 4, mappedBytes: 0)
    }

    // MARK: Pages

    private func largestTensor(_ source: any WeightSource) -> Int {
        source.paths.map { (try? source.tensor(at: $0).bytes.count) ?? 0 }.max() ?? 0
    }

    private var largestTensorElements: Int { base.paths.map { base.shape(at: $0)?.elementCount ?? 0 }.max() ?? 0 }
}
