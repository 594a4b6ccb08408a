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

    /// - Parameters:
    ///   - merges: whether the model is merged and exported.
    ///   - generates: whether answers are generated.
    init(_ session: Session, _ setup: TrainingSetup, merges: Bool, generates: Bool) throws {
        let recipe = session.recipe, memory = try session.memory()
        var stages = memory.judging(session.foreseen, setup)
        if setup.teacher != nil, recipe.distill.source.isCaptured {
            stages += try CaptureStage().forecast(session, memory)
        }
        stages.append(try memory.training(session, setup))
        if recipe.evaluate.enabled, session.heldOut != nil {
            let evaluation = try EvaluateStage(generates: generates).forecast(session, memory)
            stages += evaluation
            if recipe.distill.isAsked {
                stages += evaluation.map { $0.also("verdict", mapped: setup.teacher?.mappedBytes ?? 0) }
            }
        }
        if merges, recipe.merge.enabled {
            let run = RunDirectory(planned: RunDirectory.place(of: recipe))
            stages += try MergeStage(into: run.mergePlace(recipe), of: nil).forecast(session, memory)
        }
        if merges,
            let export = try memory.export(
                recipe.export, recipe.export.indices.map { ExportCalibration(recipe.export[$0], at: $0) },
                session.model(), session.checkRows(SilentObserver()),
                longest: setup.split.train.report.longestExample)
        {
            stages.append(export)
        }
        self.stages = stages
    }
}

extension StageMemory {
    /// Steps of preparation that ask the model: gradients of one row at a time, and short trainings.
    func judging(_ works: [JudgingWork], _ setup: TrainingSetup) -> [StageForecast] {
        works.map { work in
            let pass = setup.learner.predictedBytes(
                rows: max(setup.memory.rowLimit, work.longest + setup.learner.model.rowsAhead),
                recomputedBlocks: setup.memory.recomputedBlocks)
            // The adapter with its gradients, Adam's moments as they are kept and as they are looked at.
            return forecast(work.name, wholeBaseAnd: pass + work.bytes + 6 * 4 * parameters)
        }
    }

    /// Steps, and between them checkpoints, which are made in memory without the buffers of a step.
    func training(_ session: Session, _ setup: TrainingSetup) throws -> StageForecast {
        let train = session.recipe.train, heldOut = setup.split.heldOut, model = setup.learner.model
        let slots = setup.adapter.slab.trainedSlots
        let states = train.optimizer.stateBytes(for: slots) + train.optimizer.scratchBytes(for: slots)
        let best = train.saveBest && heldOut != nil ? parameters * 4 : 0
        let mean = train.meanBytes(parameters: parameters)
        let batch = Self.largestBatch(setup)
        var step = setup.learner.predictedBytes(
            rows: batch.rows, targets: batch.targets, recomputedBlocks: setup.memory.recomputedBlocks)
        if let report = heldOut?.report {
            let limit = EvaluationRows.limit(for: model, bytes: setup.workspace.reservedBytes)
            let longest = (report.longestExample + model.rowsAhead) * setup.units.unit.sequences
            let rows = min(max(limit, longest), max(report.tokens + model.rowsAhead * report.examples, 1))
            step = max(step, setup.learner.predictedEvaluationBytes(rows: rows) + mean.evaluated)
        }
        // Steps follow only those evaluations that come between them.
        if train.evalEvery > 0 { step += best }
        // The numbers gathered, the file made of them, and the file's copy that is written.
        let kept = train.optimizer.keptStateBytes(for: slots)
        let checkpoint = best + 3 * (parameters * 4 + kept + best + mean.kept)
        let held = states + mean.held
        return .higher(
            forecast("train", wholeBaseAnd: held + step, otherModels: setup.teacher?.mappedBytes ?? 0),
            forecast("train", own: held + checkpoint, mapped: 0))
    }

    /// The largest micro-batch, which is seldom as tall as it may be: of the first steps, which are like the others.
    private static func largestBatch(_ setup: TrainingSetup) -> (rows: Int, targets: Int) {
        let units = setup.units, configuration = setup.configuration, ahead = setup.learner.model.rowsAhead
        var order = ExampleOrder(
            exampleCount: units.count, batchSize: configuration.batchSize, seed: configuration.seed,
            shuffles: configuration.shuffles)
        var largest = (rows: 1, targets: 1)
        for step in 0..<min(configuration.totalSteps, 10_000) {
            let chosen = order.examples(afterSteps: step)
            let lengths = chosen.map { units.rowCount($0, ahead: ahead) }
            for range in MicroBatchPlan(lengths: lengths, rowLimit: configuration.rowLimit).ranges {
                let rows = lengths[range].reduce(0, +)
                guard rows > largest.rows else { continue }
                largest = (rows, chosen[range].reduce(0) { $0 + units.targetCount($1) })
            }
        }
        return largest
    }
}
