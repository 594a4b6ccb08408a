// A dry run that is one: everything is opened, matched, tokenised and counted, and one small batch is timed.

internal import Adapters
internal import Datasets
internal import Foundation
public import JSON
internal import Models
internal import Recipes
internal import Training

/// What a recipe would do: rows, masks, targets, steps, memory and time.
public struct Plan: Presentable {
    private let run: TrainingRun
    private let seconds: Double

    public init(_ resolved: ResolvedRecipe, observer: any RunObserver) throws {
        try resolved.recipe.requireSupported()
        run = try TrainingRun(resolved, writes: false, observer: observer)
        seconds = try Self.predictedSeconds(run)
    }

    /// Times one small batch and scales it to the tokens of the run; evaluation costs a third of training a token.
    private static func predictedSeconds(_ run: TrainingRun) throws -> Double {
        let examples = run.split.train.examples
        var sample: [TokenizedExample] = []
        for index in 0..<examples.count {
            sample.append(try examples.example(index))
            if sample.reduce(0, { $0 + $1.ids.count }) >= 512 { break }
        }
        let batch = TokenBatch(examples: sample.map { ($0.ids, $0.isTarget) })
        var perToken = 0.0
        // The first pass pays for page faults and generated kernels.
        for _ in 0..<2 {
            let start = ContinuousClock.now
            _ = try run.model.accumulateGradients(
                batch, gradientScale: 0, recomputedBlocks: run.memory.recomputedBlocks, workspace: run.workspace,
                dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0))
            perToken = (ContinuousClock.now - start).seconds / Double(batch.rowCount)
        }
        let steps = run.configuration.totalSteps
        let order = ExampleOrder(
            exampleCount: examples.count, batchSize: run.configuration.batchSize, seed: run.configuration.seed)
        let meanTokens = Double(run.split.train.report.tokens) / Double(examples.count)
        let meanExamples = Double(examples.count) / Double(order.stepsPerEpoch)
        let evaluations = Double(run.configuration.evaluateEverySteps.map { steps / $0 } ?? 0) + 3
        let heldOutTokens = Double(run.split.heldOut?.report.tokens ?? 0)
        return perToken * (Double(steps) * meanExamples * meanTokens + evaluations * heldOutTokens / 3)
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
            "predicted_peak_bytes": .integer(run.memory.predictedPeakBytes), "predicted_seconds": .double(seconds),
            "data": DataSummary(run.split.report).json,
        ]
    }

    public var text: String {
        let targets = run.adapter.coverage.table.filter { $0.matchedCount > 0 }
            .map { "\($0.kind) \($0.matchedCount)/\($0.totalCount)" }.joined(separator: ", ")
        return [
            DataSummary(run.split.report).text,
            "adapter: \(run.adapter.trainableParameterCount) trainable parameters on \(run.adapter.coverage.matched.count) layers (\(targets))",
            "training: \(run.configuration.totalSteps) steps of \(run.configuration.batchSize) examples, micro-batches of up to "
                + "\(run.memory.rowLimit) tokens\(run.memory.note), \(run.precisionReason)",
            "predicted: \(ByteCount.text(run.memory.predictedPeakBytes)) of memory, \(Int(seconds.rounded(.up))) s",
        ].joined(separator: "\n")
    }
}
