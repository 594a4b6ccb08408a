import Datasets
import Models
import Objectives
import TestSupport
import Tensors
import Testing
import Training

/// Cuts every second row of a step down to two tokens.
private final class Shortener: StepRewriter {
    private(set) var steps: [Int] = []

    func rewritten(_ examples: [TokenizedExample], afterSteps step: Int) -> [TokenizedExample] {
        steps.append(step)
        return examples.enumerated().map { place, example in
            guard place % 2 == 0 else { return example }
            return TokenizedExample(
                ids: Array(example.ids[..<2]), isTarget: [false, true], place: example.place, index: example.index)
        }
    }
}

@Suite struct Trainers {
    // MARK: - Steps

    /// However a step is cut, also the last one of an epoch, which is smaller: loss and gradient are those of all targets.
    @Test func theCutChangesNothing() throws {
        let runs = try [1, 12, 1_000].map { rowLimit in
            let model = QuadraticModel()
            let trainer = try makeTrainer(model, makeConfiguration(steps: 5, rowLimit: rowLimit))
            _ = try trainer.run(TrainingHooks())
            return (trainer.history, model.parameters, model.batches.count)
        }
        for run in runs.dropFirst() {
            #expect(maximumDifference(run.0.map(\.loss), runs[0].0.map(\.loss)) < 1e-6)
            #expect(maximumDifference(run.0.map(\.gradientNorm), runs[0].0.map(\.gradientNorm)) < 1e-6)
            #expect(maximumDifference(run.1, runs[0].1) < 1e-6)
        }
        #expect(runs[0].2 > runs[1].2 && runs[1].2 > runs[2].2)
    }

    /// The mean over all target tokens, not the mean of examples' or micro-batches' means.
    @Test func lossIsPerTargetToken() throws {
        let model = QuadraticModel()
        let trainer = try makeTrainer(model, makeConfiguration(steps: 1, batchSize: 10), examples: 10)
        var sum = 0.0
        var count = 0
        for example in makeExamples(10) {
            for (id, isTarget) in zip(example.ids, example.isTarget) where isTarget {
                sum += model.parameters.reduce(0) { $0 + Double(($1 - Float(id) / 10) * ($1 - Float(id) / 10)) / 2 }
                count += 1
            }
        }
        let record = try trainer.trainStep()
        #expect(record.targetTokens == count)
        #expect(abs(record.loss - sum / Double(count)) < 1e-5)
    }

    /// Where two sequences make a unit, a batch's size counts pairs, no cut divides one, and the mean is a pair's.
    @Test(arguments: [1, 30, 1_000]) func pairsStayTogether(rowLimit: Int) throws {
        let model = QuadraticModel(PairObjective())
        let trainer = try makeTrainer(model, makeConfiguration(steps: 3, batchSize: 3, rowLimit: rowLimit))
        _ = try trainer.run(TrainingHooks())
        let lengths = makeExamples(10).map(\.ids.count)
        let pairs = stride(from: 0, to: 10, by: 2).map { [lengths[$0], lengths[$0 + 1]] }
        for batch in model.batches {
            let lengths = zip(batch.bounds, batch.bounds.dropFirst()).map { $1 - $0 }
            #expect(lengths.count % 2 == 0 && (lengths.count == 2 || batch.rowCount <= rowLimit))
            for start in stride(from: 0, to: lengths.count, by: 2) {
                #expect(pairs.contains(Array(lengths[start..<start + 2])))
            }
        }
        // Five pairs: three, then the two that are left, then three of the next epoch.
        #expect(model.batches.reduce(0) { $0 + $1.exampleCount } == 2 * (3 + 2 + 3))
        let whole = try makeTrainer(QuadraticModel(PairObjective()), makeConfiguration(steps: 3, batchSize: 3))
        _ = try whole.run(TrainingHooks())
        #expect(maximumDifference(trainer.history.map(\.loss), whole.history.map(\.loss)) < 1e-4)
        #expect(trainer.history.allSatisfy { $0.measures.map(\.name) == ["squares"] && $0.measures[0].value > 0 })
    }

    /// However steps are cut, a batch says where in the source its sequences stand: by it a teacher finds what it is to read.
    @Test(arguments: [CrossEntropyObjective(), PairObjective()] as [any Objective])
    func batchesKnowTheirSequences(_ objective: any Objective) throws {
        let model = QuadraticModel(objective), examples = makeExamples(10)
        _ = try makeTrainer(model, makeConfiguration(steps: 6, rowLimit: 8)).run(TrainingHooks())
        #expect(model.batches.count > 6)
        for batch in model.batches {
            let numbers = try #require(batch.sequences)
            #expect(
                numbers.map { examples[$0].ids }
                    == (0..<batch.exampleCount).map {
                        Array(batch.ids[batch.bounds[$0]..<batch.bounds[$0 + 1]])
                    })
        }
    }

    /// Rows that passes have before each text, as virtual tokens are, take room in a micro-batch.
    @Test func rowsBeforeTextsCount() throws {
        let model = QuadraticModel()
        model.rowsAhead = 4
        func expectRoom() {
            let several = model.batches.filter { $0.exampleCount > 1 }
            #expect(!several.isEmpty && several.allSatisfy { $0.rowCount + 4 * $0.exampleCount <= 24 })
        }
        _ = try makeTrainer(model, makeConfiguration(steps: 5, rowLimit: 24)).run(TrainingHooks())
        expectRoom()
        model.batches = []
        try MeanGradient(
            model, ExampleUnits(makeExamples(10), of: .sequence), first: 10, rowLimit: 24, recomputedBlocks: 0,
            workspace: Workspace()
        ).take(model.slab)
        expectRoom()
    }

    /// What is trained on and counted is what was written in the place of a step's rows.
    @Test func aStepMayBeRewritten() throws {
        let model = QuadraticModel(), shortener = Shortener()
        let trainer = try makeTrainer(model, makeConfiguration(steps: 2, rowLimit: 8), rewriter: shortener)
        let usual = QuadraticModel()
        _ = try makeTrainer(usual, makeConfiguration(steps: 2, rowLimit: 8)).trainStep()
        let record = try trainer.trainStep()
        let lengths = usual.batches.flatMap { zip($0.bounds, $0.bounds.dropFirst()).map { $1 - $0 } }
        let found = model.batches.flatMap { zip($0.bounds, $0.bounds.dropFirst()).map { $1 - $0 } }
        #expect(found == lengths.enumerated().map { $0 % 2 == 0 ? 2 : $1 })
        #expect(record.tokens == found.reduce(0, +))
        #expect(record.targetTokens == model.batches.reduce(0) { $0 + $1.targetCount })
        _ = try trainer.trainStep()
        #expect(shortener.steps == [0, 1])
    }

    @Test func clippingBoundsTheUpdateNotTheReport() throws {
        let free = QuadraticModel()
        let clipped = QuadraticModel()
        let freely = try makeTrainer(free, makeConfiguration(steps: 3, maximumGradientNorm: nil))
        let bounded = try makeTrainer(clipped, makeConfiguration(steps: 3, maximumGradientNorm: 0.5))
        let first = try freely.trainStep()
        let second = try bounded.trainStep()
        #expect(first.gradientNorm == second.gradientNorm && first.gradientNorm > 0.5)
        let factor = Float(0.5 / (first.gradientNorm + 1e-6))
        let moments = [freely, bounded].map { $0.snapshot().parameters[0].states[0] }
        let ratios = zip(moments[0], moments[1]).map { $1 / $0 }
        #expect(maximumDifference(ratios, ratios.map { _ in factor }) < 1e-5)
    }

    /// A step's masks are one sequence over its rows: micro-batches go on where the one before ended.
    @Test func dropoutMasksFollowStepAndRow() throws {
        let model = QuadraticModel()
        _ = try makeTrainer(model, makeConfiguration(steps: 6, rowLimit: 8)).run(TrainingHooks())
        #expect(Set(model.masks.map(\.seed)).count == 6 && model.masks.count > 12)
        var rows: [UInt64: Int] = [:]
        for (mask, batch) in zip(model.masks, model.batches) {
            #expect(mask.firstRow == rows[mask.seed, default: 0])
            rows[mask.seed, default: 0] += batch.rowCount
        }
    }

    // MARK: - What must not pass

    @Test func nonFiniteNumbersStopBeforeTheUpdate() throws {
        let model = QuadraticModel()
        model.brokenExampleLength = 9
        let trainer = try makeTrainer(model, makeConfiguration(steps: 6, batchSize: 10))
        let before = model.parameters
        let place = try #require(makeExamples(10).first { $0.ids.count == 9 }).place
        #expect(throws: TrainingError.nonFiniteLoss(step: 1, examples: ["\(place)"])) {
            try trainer.run(TrainingHooks())
        }
        #expect(model.parameters == before && trainer.step == 0)
    }

    @Test func aNonFiniteGradientNamesItsTensor() throws {
        let model = QuadraticModel()
        model.brokenGradientStep = 2
        let trainer = try makeTrainer(model, makeConfiguration(steps: 6, batchSize: 5, rowLimit: 1_000))
        try trainer.trainStep()
        let before = model.parameters
        do {
            try trainer.trainStep()
            Issue.record("an infinite gradient passed")
        } catch let error as TrainingError {
            guard case .nonFiniteGradient(2, "layer.lora_B.weight", let examples) = error else {
                throw error
            }
            #expect(examples.count == 5)
        }
        #expect(model.parameters == before && trainer.step == 1)
    }

    @Test func uselessExamplesAreRefused() throws {
        let model = QuadraticModel()
        #expect(throws: TrainingError.noExamples) { try makeTrainer(model, makeConfiguration(steps: 1), examples: 0) }
        var example = makeExamples(1)[0]
        example.isTarget = example.ids.map { _ in false }
        #expect(throws: TrainingError.exampleWithoutTargets(place: "train.jsonl:1")) {
            try Trainer(
                model: model, optimiser: makeOptimiser(model.slab), examples: [example],
                configuration: makeConfiguration(steps: 1), identity: identity, workspace: Workspace())
        }
    }

    // MARK: - Evaluation and stopping

    @Test func theBestEvaluationIsKept() throws {
        let model = QuadraticModel()
        let trainer = try makeTrainer(model, makeConfiguration(steps: 8, evaluateEvery: 2))
        var losses = [3.0, 1, 2, 1.5]
        var best: [Float] = []
        var events: [TrainingEvent] = []
        let outcome = try trainer.run(
            TrainingHooks(
                onEvent: { events.append($0) },
                evaluate: {
                    if losses.count == 3 { best = model.parameters }
                    return HeldOutLoss(losses.removeFirst())
                }))
        #expect(outcome.best == EvaluationRecord(step: 4, loss: 1))
        #expect(outcome.ending == .finished)
        #expect(events.contains(.evaluated(EvaluationRecord(step: 4, loss: 1), isBest: true)))
        #expect(model.parameters != best)
        trainer.useBestValues()
        #expect(model.parameters == best)
    }

    @Test func patienceEndsTheRun() throws {
        let configuration = makeConfiguration(steps: 50, evaluateEvery: 1, earlyStopping: EarlyStopping(patience: 3))
        let trainer = try makeTrainer(QuadraticModel(), configuration)
        var loss = 5.0
        let outcome = try trainer.run(
            TrainingHooks(evaluate: {
                loss = trainer.step <= 4 ? loss - 1 : 3
                return HeldOutLoss(loss)
            }))
        #expect(outcome.ending == .stoppedEarly)
        #expect(outcome.steps == 7)
        #expect(trainer.isDone)
    }

    @Test func aNonFiniteEvaluationIsAnError() throws {
        let trainer = try makeTrainer(QuadraticModel(), makeConfiguration(steps: 2))
        let failure = TrainingError.nonFiniteEvaluation(step: 2)
        var events: [TrainingEvent] = []
        #expect(throws: failure) {
            try trainer.run(TrainingHooks(onEvent: { events.append($0) }, evaluate: { HeldOutLoss(.nan) }))
        }
        #expect(events.last == .failed(step: 2, reason: "\(failure)"))
    }
}
