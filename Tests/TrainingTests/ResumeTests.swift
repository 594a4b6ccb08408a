import Objectives
import Optimisers
import Recipes
import Testing
import Training

/// A run that goes on from a snapshot is the run that never stopped.
@Suite struct Resuming {
    private let configuration = makeConfiguration(
        steps: 11, evaluateEvery: 3, saveEvery: 1, earlyStopping: EarlyStopping(patience: 9))
    /// The same with a rate that falls with each evaluation after the first: none is better by so much.
    private let plateau: TrainingConfiguration = {
        var configuration = makeConfiguration(
            steps: 11, evaluateEvery: 3, saveEvery: 1, earlyStopping: EarlyStopping(patience: 9))
        var settings = ScheduleSection()
        (settings.patience, settings.factor) = (0, 0.5)
        (settings.thresholdMode, settings.threshold) = (.absolute, 1e6)
        configuration.schedule = LearningRateSchedule(.plateau, peak: 0.05, totalSteps: 11, settings: settings)
        return configuration
    }()

    /// A held-out loss that depends on the parameters, so that resuming with others shows.
    private func heldOutLoss(_ model: QuadraticModel) -> HeldOutLoss {
        let sum = Double(model.parameters.reduce(0) { $0 + $1 * $1 })
        return HeldOutLoss(sum, measures: [MeasuredValue(name: "root", value: sum.squareRoot())])
    }

    private func straightRun(
        _ optimiser: OptimiserKind = .adamw, followsHeldOutLoss: Bool = false
    ) throws -> [TrainingSnapshot] {
        let model = QuadraticModel()
        var snapshots: [TrainingSnapshot] = []
        _ = try makeTrainer(model, followsHeldOutLoss ? plateau : configuration, optimiser: optimiser).run(
            TrainingHooks(
                evaluate: { heldOutLoss(model) },
                save: {
                    snapshots.append($0)
                    return "step-\($0.step)"
                }))
        return snapshots
    }

    @Test(arguments: OptimiserKind.allCases, [false, true])
    func everyStepCanBeTheLastBeforeAKill(optimiser: OptimiserKind, followsHeldOutLoss: Bool) throws {
        let snapshots = try straightRun(optimiser, followsHeldOutLoss: followsHeldOutLoss)
        let configuration = followsHeldOutLoss ? plateau : self.configuration
        if followsHeldOutLoss { #expect(Set(snapshots.last?.history.map(\.learningRate) ?? []).count == 3) }
        // The last one before it is scored, and with its score.
        #expect(snapshots.map(\.step) == Array(1...11) + [11])
        #expect(snapshots.last?.best != nil && snapshots.last?.evaluations.count == 4)
        for snapshot in snapshots {
            let model = QuadraticModel()
            let trainer = try makeTrainer(model, configuration, optimiser: optimiser)
            try trainer.restore(snapshot)
            #expect(trainer.snapshot() == snapshot)
            _ = try trainer.run(TrainingHooks(evaluate: { heldOutLoss(model) }))
            #expect(trainer.snapshot() == snapshots.last)
        }
    }

    /// Stopped on request between any two steps, also where an evaluation was due.
    @Test func aStopOnRequestChangesNothing() throws {
        let straight = try straightRun()
        for stopAt in 1...10 {
            var saved: TrainingSnapshot?
            let stop = StopRequest()
            let model = QuadraticModel()
            let outcome = try makeTrainer(model, configuration).run(
                TrainingHooks(
                    onEvent: { if case .step(stopAt, _, _, _, _, _) = $0 { stop.set() } },
                    evaluate: { heldOutLoss(model) },
                    save: {
                        saved = $0
                        return ""
                    }, stopRequest: stop))
            #expect(outcome.ending == .interrupted && saved?.step == stopAt)
            let other = QuadraticModel()
            let trainer = try makeTrainer(other, configuration)
            try trainer.restore(try #require(saved))
            _ = try trainer.run(TrainingHooks(evaluate: { heldOutLoss(other) }))
            #expect(trainer.snapshot() == straight.last)
        }
    }

    /// A pause is scored wherever it is, and the run that goes on looks at its own evaluations alone: rate, patience and best are those
    /// of the run that never paused.
    @Test func aPauseChangesNothing() throws {
        var configuration = plateau
        configuration.earlyStopping = EarlyStopping(patience: 2)
        // Each evaluation of the run's own is worse than the one before, those of pauses are better than all.
        func heldOut(_ step: Int) -> HeldOutLoss { HeldOutLoss(step % 3 == 0 ? 1 + Double(step) : 0.5) }
        let straight = try makeTrainer(QuadraticModel(), configuration)
        let ending = try straight.run(TrainingHooks(evaluate: { heldOut(straight.step) })).ending
        #expect(ending == .stoppedEarly && straight.step == 9)
        #expect(Set(straight.history.map(\.learningRate)).count == 2)
        for pauses in [[1, 4, 8], [2, 3, 5], [7]] {
            var saved: TrainingSnapshot?
            for pause in pauses.map(Optional.some) + [nil] {
                let trainer = try makeTrainer(QuadraticModel(), configuration)
                if let saved { try trainer.restore(saved) }
                let outcome = try trainer.run(
                    TrainingHooks(
                        evaluate: { heldOut(trainer.step) },
                        save: {
                            saved = $0
                            return ""
                        }, pausesAfter: pause))
                guard let pause else { continue }
                #expect(outcome.ending == .paused && outcome.steps == pause)
                #expect(outcome.last == EvaluationRecord(step: pause, loss: heldOut(pause).loss))
            }
            #expect(saved == straight.snapshot())
        }
    }

    /// What was trained is safe before the held-out rows are looked at; a stop while they are loses no step.
    @Test func theLastStepIsSavedBeforeItIsScored() throws {
        let straight = try straightRun()
        let model = QuadraticModel()
        let stop = StopRequest()
        var order: [String] = []
        var saved: TrainingSnapshot?
        let outcome = try makeTrainer(model, configuration).run(
            TrainingHooks(
                evaluate: {
                    if saved?.step == 11 {
                        order.append("evaluate")
                        stop.set()
                        return nil
                    }
                    return heldOutLoss(model)
                },
                save: {
                    saved = $0
                    if $0.step == 11 { order.append("save") }
                    return ""
                }, afterLastStep: { order.append("hand on") }, stopRequest: stop))
        #expect(order == ["save", "hand on", "evaluate"])
        #expect(outcome.ending == .interrupted && outcome.steps == 11)
        let other = QuadraticModel()
        let trainer = try makeTrainer(other, configuration)
        try trainer.restore(try #require(saved))
        #expect(try trainer.run(TrainingHooks(evaluate: { heldOutLoss(other) })).ending == .finished)
        #expect(trainer.snapshot() == straight.last)
    }

    @Test func aFinishedRunStaysFinished() throws {
        let last = try #require(try straightRun().last)
        let trainer = try makeTrainer(QuadraticModel(), configuration)
        try trainer.restore(last)
        let outcome = try trainer.run(TrainingHooks(evaluate: { HeldOutLoss(0) }))
        #expect(outcome.ending == .finished && outcome.tokens == 0)
        #expect(trainer.snapshot() == last)
    }

    @Test func anotherRunsSnapshotIsRefused() throws {
        let snapshot = try straightRun()[2]
        let model = QuadraticModel()
        let before = model.parameters
        let trainer = try makeTrainer(model, configuration)
        var other = snapshot
        other.identity.fingerprint = "beef"
        #expect(throws: TrainingError.otherFingerprint(expected: "f00d", found: "beef")) { try trainer.restore(other) }
        other = snapshot
        other.parameters[1].name = "else"
        #expect(throws: TrainingError.self) { try trainer.restore(other) }
        other = snapshot
        other.history.removeLast()
        #expect(throws: TrainingError.self) { try trainer.restore(other) }
        other = snapshot
        other.parameters[0].states[0].removeLast()
        #expect(throws: TrainingError.self) { try trainer.restore(other) }
        other = snapshot
        other.parameters[0].states.removeLast()
        #expect(throws: TrainingError.self) { try trainer.restore(other) }
        #expect(model.parameters == before && trainer.step == 0)
    }

    /// A run that keeps no best numbers stops early all the same, also when it goes on.
    @Test func withoutBestNumbersTheLastOnesAreHandedOn() throws {
        var configuration = makeConfiguration(steps: 9, evaluateEvery: 2, saveEvery: 2)
        configuration.keepsBestValues = false
        let model = QuadraticModel()
        var evaluations = [1.0, 3, 4, 5, 6].makeIterator()
        var snapshots: [TrainingSnapshot] = []
        let trainer = try makeTrainer(model, configuration)
        _ = try trainer.run(
            TrainingHooks(
                evaluate: { HeldOutLoss(evaluations.next() ?? 9) },
                save: {
                    snapshots.append($0)
                    return ""
                }))
        let last = Array(model.parameters)
        trainer.useBestValues()
        #expect(Array(model.parameters) == last)
        let snapshot = try #require(snapshots.first { $0.step == 4 })
        #expect(snapshot.best?.step == 2 && !snapshot.hasBestValues && snapshot.contradiction == nil)
        let other = QuadraticModel()
        let resumed = try makeTrainer(other, configuration)
        try resumed.restore(snapshot)
        #expect(resumed.snapshot() == snapshot)
    }
}
