// Training a recipe's adapter in a run's directory.

internal import Adapters
internal import Checkpoints
internal import Datasets
internal import Evaluation
internal import Files
internal import Foundation
internal import Kernels
internal import Models
internal import Objectives
internal import Optimisers
internal import Recipes
internal import Tensors
internal import Training
internal import Vocabulary
internal import WeightFiles

/// Trains the adapter of the session's recipe; leaves the one that the run hands on attached and written. For a run
/// that goes on where an earlier one stopped, see `Pipeline`.
public struct TrainStage: StandaloneStage {
    private let directory: RunDirectory
    private let earlier: EarlierRun?
    private let interruption: Interruption?
    private let stopRequest: StopRequest

    /// - Parameter directory: where checkpoints, logs and the adapter go. Nothing in it is gone on from.
    public init(in directory: RunDirectory) { self.init(in: directory, from: nil, interruption: nil) }

    /// - Parameters:
    ///   - earlier: what the run goes on from.
    ///   - interruption: what asks the run to stop.
    init(in directory: RunDirectory, from earlier: EarlierRun?, interruption: Interruption?) {
        self.directory = directory
        self.earlier = earlier
        self.interruption = interruption
        stopRequest = interruption?.stopRequest ?? StopRequest()
    }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try directory.requireOwn(writing: [.training])
        _ = try TrainingSetup.open(
            session, writes: false, from: earlier?.newest?.snapshot, observer)
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        try session.training.map { [try memory.training(session, $0)] } ?? []
    }

    /// - Throws: `Failure` for what is known before the first step, and where the run was asked to stop;
    ///   `TrainingError` where losses are no numbers; `SystemError` where the directory cannot be written.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> TrainingResult {
        try session.ready(self, observer)
        let (outcome, health) = try train(session, observer)
        return TrainingResult(outcome, digest: try directory.adapterDigest(), health: health)
    }

    /// Trains a session that is ready; what training came to, and what it showed to be wrong.
    ///
    /// - Parameter pause: after which step the run pauses, in a checkpoint alone; nil: it goes on to its end and leaves its adapter.
    func train(_ session: Session, _ observer: any RunObserver, until pause: Int? = nil) throws
        -> (outcome: TrainingOutcome, health: [HealthFinding])
    {
        let setup = try session.requireTraining()
        try setup.learnHiddenStates(observer)
        // Until here nothing looks whether it is to stop.
        interruption?.enterSteps()
        let learner = try steppingLearner(setup, observer)
        let written = try GroupAnswers(session, setup)
        let trainer = try Self.trainer(session, setup, learner, writing: written)
        let checkpoints = RunCheckpoints(directory, session.recipe.train, session)
        for error in earlier?.skipped ?? [] { observer.receive(.warning("passed over a checkpoint: \(error)")) }
        if let newest = earlier?.newest {
            try trainer.restore(newest.snapshot)
            try setup.adapter.load(newest.snapshot.standingValues)
            checkpoints.newest = newest.url.path
        }
        let log = try EventLog(directory, append: trainer.step > 0, observer: observer)
        let curves = try CurveLog(directory, afterStep: trainer.step, observer: observer)
        let health = try health(afterStep: trainer.step, tellingBeside: log, observer)
        let facts = try RunFacts(session.recipe, setup)
        for listener in [observer, log, health] as [any RunObserver] { listener.receive(.facts(facts)) }
        observer.receive(
            .stage(
                "train",
                detail: "\(session.precision.reason); \(Processor.threads) threads, \(Processor.instructionSet); "
                    + "micro-batches of up to \(setup.memory.rowLimit) tokens\(setup.memory.note)"))
        var isWritten = false
        var hooks = hooks(session, checkpoints, listeners: [observer, log, curves, health])
        hooks.pausesAfter = pause
        hooks.evaluate = evaluation(setup, written, observer)
        hooks.afterLastStep = {
            try writeAdapter(session, setup, steps: trainer.step, observer)
            isWritten = true
        }
        let outcome = try trainer.run(hooks)
        log.close()
        curves.close()
        if outcome.ending == .interrupted, let interruption {
            throw interruption.failure("after step \(outcome.steps)", saved: checkpoints.newest)
        }
        if outcome.ending == .paused { return (outcome, health.findings) }
        session.lastValues = session.recipe.train.emaDecay == nil ? nil : trainer.lastValues
        trainer.useBestValues()
        Self.tellDirections(setup.adapter, observer)
        if !isWritten || trainer.handsOnEarlierValues {
            try writeAdapter(session, setup, steps: outcome.steps, observer)
        }
        return (outcome, health.findings)
    }

    /// Looks after the run, with what an earlier part of it told.
    private func health(
        afterStep step: Int, tellingBeside log: EventLog, _ observer: any RunObserver
    ) throws(SystemError) -> HealthMonitor {
        let earlier = step > 0 ? try WholeFile.bytes(ifThere: directory.events) ?? [] : []
        return HealthMonitor(RunTrace(log: earlier)) { finding in
            for listener in [observer, log] as [any RunObserver] { listener.receive(.health(finding)) }
        }
    }

    private func steppingLearner(_ setup: TrainingSetup, _ observer: any RunObserver) throws -> Learner {
        do {
            return try setup.steppingLearner(directory, stopRequest, observer)
        } catch let error as CancellationError {
            throw interruption?.failure("before the first step", saved: "") ?? error
        }
    }

    private static func trainer(
        _ session: Session, _ setup: TrainingSetup, _ learner: Learner, writing written: GroupAnswers?
    ) throws -> Trainer {
        let recipe = session.recipe, adapter = setup.adapter
        let notes = AdapterNotes(baseName: try session.base().path, provenance: setup.provenance)
        return try Trainer(
            model: learner, optimiser: Optimiser(recipe.train, slab: adapter.slab, groups: setup.groups),
            examples: setup.split.train.examples, configuration: setup.configuration,
            identity: TrainingSnapshot.Identity(
                fingerprint: setup.fingerprint.text, recipe: recipe.resolvedYAML(),
                adapterConfiguration: adapter.checkpointText(notes), fixed: adapter.fixedMatrices),
            workspace: setup.workspace, rewriter: try written ?? OwnAnswers(session, setup),
            allocator: RankAllocator(
                adapter.members.map(\.adapter), adapter.configuration.settings.budget, of: adapter.slab))
    }

    private func hooks(
        _ session: Session, _ checkpoints: RunCheckpoints, listeners: [any RunObserver]
    ) -> TrainingHooks {
        TrainingHooks(
            onEvent: { [logEvery = session.recipe.train.logEvery] event in
                // What a checkpoint was made of is many small pieces: not beside the next step's buffers.
                if case .saved = event { FreedMemory.giveBack() }
                guard event.isDue(every: logEvery) else { return }
                for listener in listeners { listener.receive(.training(event)) }
            },
            // A checkpoint is made in memory before it is written: not on top of the step's buffers.
            beforeSave: { session.releaseMemory() },
            save: checkpoints.save,
            stopRequest: stopRequest)
    }

    /// The loss over the held-out rows; `nil` where there are none. An evaluation during which the run is asked to stop
    /// is given up.
    private func evaluation(
        _ setup: TrainingSetup, _ written: GroupAnswers?, _ observer: any RunObserver
    ) -> (() throws -> HeldOutLoss?)? {
        if let written {
            return setup.split.heldOut.map { rows in
                { [stopRequest] in try written.heldOutLoss(rows, unless: stopRequest) }
            }
        }
        return setup.split.heldOut.map { heldOut in
            // Without gradients more rows fit into the same buffers.
            let scorer = ObservedEvaluator(
                setup.scored, workspace: setup.workspace, longest: heldOut.report.longestExample, observer: observer,
                stopRequest: stopRequest)
            return { [objective = setup.scored.objective] in
                do {
                    let scores = try scorer.scores(of: heldOut.examples, unit: "examples")
                    return HeldOutLoss(scores.loss ?? .nan, measures: objective.told(scores.total))
                } catch is CancellationError {
                    return nil
                }
            }
        }
    }

    /// Tells where what is handed on was found before the last direction was given up.
    private static func tellDirections(_ adapter: AdapterSet, _ observer: any RunObserver) {
        guard let (held, target) = adapter.directions, held > target else { return }
        observer.receive(
            .warning(
                "adapter.target_r: the adapter that is handed on has \(held) directions and not \(target), since the run's best "
                    + "evaluation, or its end, came before the last cut: a larger adapter.tfinal makes that earlier, and "
                    + "train.save_best: false hands on the last step"))
    }

    /// Writes the adapter as it stands, as PEFT reads it.
    private func writeAdapter(
        _ session: Session, _ setup: TrainingSetup, steps: Int, _ observer: any RunObserver
    ) throws {
        try setup.chooseThresholds(observer)
        let trained = try setup.handOn(steps: steps, session)
        try trained.set.writePEFT(
            to: directory.adapter, baseName: session.base().path,
            provenance: trained.provenance ?? setup.provenance)
    }
}

/// The checkpoints of a run at work.
private final class RunCheckpoints {
    private let folder: CheckpointFolder
    private let retention: Retention
    private let workspace: Workspace?
    private let reservedBytes: Int
    /// The path of the newest one on disk; empty where there is none.
    var newest = ""

    init(_ directory: RunDirectory, _ train: TrainSection, _ session: Session) {
        folder = CheckpointFolder(directory.url)
        let keepLast = max(train.keepLast, 1)
        retention = train.saveBest ? Retention.lastAndBest(keepLast) : .last(keepLast)
        workspace = session.training?.workspace
        reservedBytes = workspace?.reservedBytes ?? 0
    }

    /// Writes a snapshot, for which the buffers of steps made room.
    func save(_ snapshot: TrainingSnapshot) throws -> String {
        defer { workspace?.reserve(bytes: reservedBytes) }
        newest = try folder.save(snapshot, retention: retention).path
        return newest
    }
}
