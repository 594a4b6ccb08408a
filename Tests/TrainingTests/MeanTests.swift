import Objectives
import Recipes
import TestSupport
import Testing
import Training

/// What is judged and handed on where that is a mean of the steps.
@Suite struct Means {
    private func configuration(_ decay: Double?) -> TrainingConfiguration {
        var configuration = makeConfiguration(steps: 9, evaluateEvery: 3, saveEvery: 1)
        configuration.averageDecay = decay
        configuration.keepsBestValues = false
        return configuration
    }

    private func heldOut(_ model: QuadraticModel) -> HeldOutLoss {
        HeldOutLoss(Double(model.parameters.reduce(0) { $0 + $1 * $1 }))
    }

    /// As torch's `AveragedModel` with `get_ema_multi_avg_fn`: the first step is the mean, and each later one moves it.
    @Test func theMeanOfTheStepsIsJudgedAndHandedOn() throws {
        let model = QuadraticModel(), trainer = try makeTrainer(model, configuration(0.7))
        var mean: [Float] = [], values: [Float] = []
        var judgements = 0
        _ = try trainer.run(
            TrainingHooks(
                onEvent: { event in
                    guard case .step = event else { return }
                    values = model.parameters
                    mean = mean.isEmpty ? values : zip(mean, values).map { $0 + 0.3 * ($1 - $0) }
                },
                evaluate: {
                    // The mean, then the last step.
                    #expect(maximumDifference(model.parameters, judgements % 2 == 0 ? mean : values) < 1e-6)
                    judgements += 1
                    return heldOut(model)
                }))
        #expect(judgements == 6 && model.parameters == values)
        #expect(maximumDifference(mean, values) > 1e-3)
        let snapshot = trainer.snapshot()
        #expect(snapshot.evaluations.allSatisfy { $0.measures.map(\.name) == ["last_step_loss"] })
        #expect(snapshot.evaluations.last?.measures.first?.value == heldOut(model).loss)
        #expect(maximumDifference(snapshot.deliveredValues.flatMap(\.numbers), mean) < 1e-6)
        #expect(Array(snapshot.lastValues(in: model.slab)) == Array(model.slab.values))
        trainer.useBestValues()
        #expect(snapshot.deliveredValues.flatMap(\.numbers) == model.parameters)
    }

    @Test func aRunGoesOnWithItsMean() throws {
        var snapshots: [TrainingSnapshot] = []
        let model = QuadraticModel()
        _ = try makeTrainer(model, configuration(0.7)).run(
            TrainingHooks(
                evaluate: { heldOut(model) },
                save: {
                    snapshots.append($0)
                    return ""
                }))
        for snapshot in snapshots {
            let other = QuadraticModel(), trainer = try makeTrainer(other, configuration(0.7))
            try trainer.restore(snapshot)
            #expect(trainer.snapshot() == snapshot)
            _ = try trainer.run(TrainingHooks(evaluate: { heldOut(other) }))
            #expect(trainer.snapshot() == snapshots.last)
        }
        let without = try makeTrainer(QuadraticModel(), configuration(nil))
        #expect(throws: TrainingError.self) { try without.restore(snapshots[3]) }
    }

    /// An optimiser that needs no schedule takes gradients at one point, and is judged by another.
    @Test func theMeanOfTheOptimiserIsJudged() throws {
        let model = QuadraticModel()
        let trainer = try makeTrainer(model, configuration(nil), optimiser: .scheduleFreeAdamW)
        var judged: [Float] = []
        _ = try trainer.run(
            TrainingHooks(evaluate: {
                judged = model.parameters
                return heldOut(model)
            }))
        let snapshot = trainer.snapshot()
        #expect(snapshot.deliveredValues.flatMap(\.numbers) == judged)
        #expect(maximumDifference(judged, model.parameters) > 1e-3)
        #expect(snapshot.parameters.flatMap(\.values) == model.parameters)
    }

    @Test func theRateFollowsTheHeldOutLoss() throws {
        var configuration = makeConfiguration(steps: 8, evaluateEvery: 2)
        var settings = ScheduleSection()
        (settings.patience, settings.factor) = (0, 0.5)
        configuration.schedule = .init(.plateau, peak: 0.1, totalSteps: 8, settings: settings)
        let trainer = try makeTrainer(QuadraticModel(), configuration)
        var losses = [3.0, 4, 2, 5].makeIterator()
        _ = try trainer.run(TrainingHooks(evaluate: { HeldOutLoss(losses.next() ?? 0) }))
        #expect(trainer.history.map(\.learningRate) == [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05])
    }

    /// Noise is a step's own, and none where the recipe asks for none.
    @Test func stepsAskForNoise() throws {
        for alpha in [0, 5.0] {
            var configuration = makeConfiguration(steps: 2)
            configuration.neftuneNoiseAlpha = alpha
            let model = QuadraticModel()
            _ = try makeTrainer(model, configuration).run(TrainingHooks())
            #expect(!model.masks.isEmpty && model.masks.allSatisfy { $0.noiseAlpha == alpha })
        }
    }
}
