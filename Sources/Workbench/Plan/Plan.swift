// A dry run that is one: everything is opened, matched, tokenised and counted, and one small batch is timed.

internal import Adapters
internal import Datasets
internal import Foundation
public import JSON
internal import Models
internal import Recipes
internal import Spelling
internal import Training

/// What a recipe would do: rows, masks, targets, steps, memory and time.
public struct Plan: Presentable {
    private let run: TrainingRun
    /// What each stage takes, in their order.
    private let seconds: [(stage: String, seconds: Double)]
    private let forecast: MemoryForecast

    public init(_ resolved: ResolvedRecipe, observer: any RunObserver) throws {
        try resolved.recipe.requireSupported()
        try resolved.requireInputs(of: "model", "data", "adapter")
        let recipe = resolved.recipe
        try OutputPlaces(resolved).requireAll(
            of: recipe, in: RunDirectory(planned: RunDirectory.place(of: recipe)), merges: true)
        run = try TrainingRun(resolved, writes: false, observer: observer)
        forecast = try MemoryForecast(run, merges: true)
        try forecast.stages.requireWithin(run.recipe.train.memoryLimitBytes, ofRecipe: true)
        seconds = try Self.predictedSeconds(run)
    }

    private var totalSeconds: Double { seconds.reduce(0) { $0 + $1.seconds } }

    private func seconds(of stage: String) -> Double { seconds.first { $0.stage == stage }?.seconds ?? 0 }

    /// What each stage of the recipe takes, by the rates of one small batch each way.
    private static func predictedSeconds(_ run: TrainingRun) throws -> [(stage: String, seconds: Double)] {
        let work = RunWork(run, generates: true, merges: true)
        var sample: [TokenizedExample] = []
        for index in 0..<run.units.count {
            sample += try run.units.examples(index)
            if sample.reduce(0, { $0 + $1.ids.count }) >= 512 { break }
        }
        let batch = TokenBatch(examples: sample.map { ($0.ids, $0.isTarget) })
        func secondsPerToken(_ pass: () throws -> Void) rethrows -> Double {
            var seconds = 0.0
            // The first pass pays for page faults and generated kernels.
            for _ in 0..<2 {
                let start = ContinuousClock.now
                try pass()
                seconds = (ContinuousClock.now - start).seconds / Double(batch.rowCount)
            }
            return seconds
        }
        let trained = try secondsPerToken {
            _ = try run.learner.accumulateGradients(
                batch, gradientScale: 0, recomputedBlocks: run.memory.recomputedBlocks, workspace: run.workspace,
                dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0))
        }
        let forward = try secondsPerToken { _ = try run.learner.sums(batch, workspace: run.workspace) }
        var rates = WorkRates.relative(modelBytes: work.modelBytes)
        (rates.trained, rates.forward) = (trained, forward)
        rates.generated = try run.tasks.map { try secondsPerGeneratedToken(run, $0) } ?? 0
        rates.written = bytesWrittenSeconds
        return work.byStage(rates)
    }

    /// Of a model merged and flushed to a disk of usual speed.
    private static let bytesWrittenSeconds = 1 / 250e6

    /// Reads some prompts with few and with more tokens generated; the difference is theirs.
    private static func secondsPerGeneratedToken(_ run: TrainingRun, _ tasks: HeldOutTasks) throws -> Double {
        let width = min(16, tasks.answered.count), tokens = 12
        guard width > 0, let heldOut = run.split.heldOut else { return 0 }
        let prompts = try tasks.answered.prefix(width).compactMap { try tasks.prompt(heldOut.rows.row($0.row))?.ids }
        func seconds(_ count: Int) throws -> Double {
            let batch = GenerationBatch(
                model: run.model, arithmetic: GenerationArithmetic(run.recipe.model.precision))
            let start = ContinuousClock.now
            _ = try batch.generate(
                prompts.map { GenerationBatch.Request(prompt: $0, maximumTokens: count, stopTokens: []) })
            return (ContinuousClock.now - start).seconds
        }
        let short = try seconds(1)
        return max(0, try seconds(1 + tokens) - short) / Double(tokens * prompts.count)
    }

    public var json: JSONValue {
        let train = run.split.train.report
        return [
            "rows": .integer(train.rows), "supervised_tokens": .integer(train.targetTokens),
            "tokens": .integer(train.tokens),
            "truncated_rows": .integer(train.truncatedRows), "dropped_rows": .integer(train.droppedRows),
            "held_out_rows": .integer(run.split.heldOut?.report.rows ?? 0),
            "trainable_parameters": .integer(run.adapter.trainableParameterCount),
            "target_modules_matched": .integer(run.adapter.coverage.matched.count),
            "target_modules": .object(
                JSONObject(
                    run.adapter.coverage.table.map {
                        ($0.kind, .array([.integer($0.matchedCount), .integer($0.totalCount)]))
                    })),
            "steps": .integer(run.configuration.totalSteps), "micro_batch_tokens": .integer(run.memory.rowLimit),
            "recomputed_blocks": .integer(run.memory.recomputedBlocks), "precision": .string(run.precisionReason),
            "predicted_peak_bytes": .integer(forecast.stages.peakBytes), "predicted_seconds": .double(totalSeconds),
            "stages": .array(
                forecast.stages.map {
                    [
                        "name": .string($0.name), "predicted_peak_bytes": .integer($0.peakBytes),
                        "mapped_bytes": .integer($0.mappedBytes), "predicted_seconds": .double(seconds(of: $0.name)),
                    ]
                }),
            "data": DataSummary(run.split.report).json,
        ]
    }

    public var text: String {
        let targets = run.adapter.coverage.table.filter { $0.matchedCount > 0 }
            .map { "\($0.kind) \($0.matchedCount)/\($0.totalCount)" }.joined(separator: ", ")
        return [
            DataSummary(run.split.report).text,
            "adapter: \(run.adapter.trainableParameterCount) trainable parameters on "
                + "\(Count.text(run.adapter.coverage.matched.count, "layer")) (\(targets))",
            "training: \(Count.text(run.configuration.totalSteps, "step")) of "
                + "\(Count.text(run.configuration.batchSize, run.units.unit == .pair ? "pair" : "example")), micro-batches of up to "
                + "\(run.memory.rowLimit) tokens\(run.memory.note), \(run.precisionReason)",
            "predicted: \(ByteCount.text(forecast.stages.peakBytes)) of memory, \(Int(totalSeconds.rounded(.up))) s",
            "time by stage: " + seconds.map { "\($0.stage) \(Int($0.seconds.rounded(.up))) s" }.joined(separator: ", "),
            "memory by stage: "
                + forecast.stages.map {
                    "\($0.name) \(ByteCount.text($0.peakBytes)) (\(ByteCount.text($0.mappedBytes)) mapped)"
                }.joined(separator: ", "),
        ].joined(separator: "\n")
    }
}
