// What each stage of a run will hold at its peak.

internal import Datasets
internal import Foundation
internal import Models
internal import Objectives
internal import Recipes
internal import Training

/// The stages that a verb does of a recipe, in their order.
struct MemoryForecast {
    let stages: [StageForecast]

    /// - Parameter merges: whether answers are generated, and the model merged and exported.
    init(_ run: TrainingRun, merges: Bool) throws {
        let recipe = run.recipe, heldOut = run.split.heldOut
        let memory = StageMemory(run.opened, parameters: run.adapter.slab.count)
        var stages = [memory.training(run)]
        if recipe.evaluate.enabled, let heldOut {
            stages.append(
                memory.evaluation(
                    run.learner, recipe, heldOut.report, run.tasks, workspaceBytes: run.evaluationBytes,
                    generates: merges))
        }
        if merges, recipe.merge.enabled {
            let probe = try MergeStage.probe(heldOut?.examples, run.opened.tokenizer)
            stages += [try memory.writing("merge"), memory.proof(run.model, probe: probe, type: recipe.merge.dtype)]
        }
        if merges, let export = try memory.export(recipe.export) { stages.append(export) }
        self.stages = stages
    }
}

extension StageMemory {
    /// Steps, and between them checkpoints, which are made in memory without the buffers of a step.
    fileprivate func training(_ run: TrainingRun) -> StageForecast {
        let train = run.recipe.train, hasEvaluations = run.split.heldOut != nil, states = run.optimiserBytes
        let best = train.saveBest && hasEvaluations ? parameters * 4 : 0
        let batch = Self.largestBatch(run)
        var step = run.learner.predictedBytes(
            rows: batch.rows, targets: batch.targets, recomputedBlocks: run.memory.recomputedBlocks)
        if let report = run.split.heldOut?.report {
            let limit = EvaluationRows.limit(for: run.model, bytes: run.workspace.reservedBytes)
            let longest = report.longestExample * run.units.unit.sequences
            let rows = min(max(limit, longest), max(report.tokens, 1))
            step = max(step, run.model.predictedEvaluationBytes(rows: rows))
        }
        // Steps follow only those evaluations that come between them.
        if train.evalEvery > 0 { step += best }
        // The numbers gathered, the file made of them, and the file's copy that is written.
        let checkpoint = best + 3 * (parameters * 4 + states + best)
        return .higher(
            forecast("train", wholeBaseAnd: states + step), forecast("train", own: states + checkpoint, mapped: 0))
    }

    /// The largest micro-batch, which is seldom as tall as it may be: of the first steps, which are like the others.
    private static func largestBatch(_ run: TrainingRun) -> (rows: Int, targets: Int) {
        let units = run.units, configuration = run.configuration
        var order = ExampleOrder(
            exampleCount: units.count, batchSize: configuration.batchSize, seed: configuration.seed,
            shuffles: configuration.shuffles)
        var largest = (rows: 1, targets: 1)
        for step in 0..<min(configuration.totalSteps, 10_000) {
            let chosen = order.examples(afterSteps: step)
            let lengths = chosen.map(units.tokenCount)
            for range in MicroBatchPlan(lengths: lengths, rowLimit: configuration.rowLimit).ranges {
                let rows = lengths[range].reduce(0, +)
                guard rows > largest.rows else { continue }
                largest = (rows, chosen[range].reduce(0) { $0 + units.targetCount($1) })
            }
        }
        return largest
    }
}
