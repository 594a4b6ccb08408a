// Trials at work, one after the other on one base: each goes on from its own checkpoint.

internal import Adapters
internal import Checkpoints
internal import Digests
internal import Files
internal import Foundation
internal import Recipes
internal import Training

/// Trains the trials of a sweep.
struct TrialBench {
    /// What all trials share: base, model, rows.
    let shared: Session
    /// What trials are trained and compared on.
    let rows: PreparedSplit
    let directory: SweepDirectory
    let memoryLimit: Int
    let interruption: Interruption

    /// Trains `trial` to a step and scores it; the other trials stay as they are.
    ///
    /// - Parameter step: nil: to the end, where it leaves its adapter.
    func outcome(of trial: SweepTrial, until step: Int?, _ observer: any RunObserver) throws -> TrialOutcome {
        let run = try RunDirectory(directory.trial(trial.number))
        let session = shared.sharing(trial.trained(memoryLimit: memoryLimit), rows: rows)
        defer { session.releaseMemory() }
        let earlier = try EarlierRun(run)
        interruption.enter("while trial \(trial.number) was made ready", saved: directory.record.path)
        let setup = try TrainingSetup.open(session, writes: false, from: earlier.newest?.snapshot, observer)
        try earlier.requireSame(as: setup.fingerprint)
        if earlier.newest == nil {
            try run.write(session.recipe.resolvedYAML(), to: run.recipe)
            try run.write(RunRecord(session, setup).json, to: run.run)
        }
        do {
            let outcome = try TrainStage(in: run, from: earlier, interruption: interruption)
                .train(session, observer, until: step.map(session.recipe.train.roundedUp)).outcome
            // Where a trial pauses between its own evaluations, what it came to is not among those.
            let scores = [session.recipe.train.saveBest ? outcome.best : nil, outcome.last].compactMap(\.self)
            guard let best = scores.min(by: { $0.loss < $1.loss }) else {
                throw Failure(.internal, "trial \(trial.number) was not scored")
            }
            return .scored(step: outcome.steps, loss: best.loss)
        } catch let error as TrainingError where error.kind == .internal {
            return .failed(String("\(error)".prefix { $0 != "\n" }))
        }
    }

    /// Removes the checkpoints of a trial that goes no further: what it came to is noted, and there may be many.
    func retire(_ trial: Int) throws { try CheckpointFolder(directory.trial(trial)).removeAll() }

    /// Whether the adapter that a trial left at its end is there.
    func hasAdapter(of trial: Int) throws -> Bool {
        try Folder.holds("adapter_model.safetensors", in: RunDirectory(planned: directory.trial(trial)).adapter)
    }

    /// Base and winner on the held-out rows, and the digest of the winner's adapter.
    ///
    /// - Parameters:
    ///   - steps: how many the winner was trained for.
    ///   - split: the recipe's own rows.
    ///   - known: what an earlier call came to.
    func judged(
        _ winner: SweepTrial, steps: Int, on split: PreparedSplit, known: StageResult?, _ observer: any RunObserver
    ) throws -> (evaluation: StageResult?, digest: String) {
        let run = RunDirectory(planned: directory.trial(winner.number))
        let digest = try run.adapterDigest(), recipe = winner.resolved.recipe
        guard recipe.evaluate.enabled, split.heldOut != nil else { return (nil, digest) }
        let key = SHA256.hex(
            of: ([digest, recipe.sectionText("evaluate")] + (try recipe.heldOutDigests())).joined(separator: "\n"))
        if let known, known.key == key, try known.loss == nil { return (known, digest) }
        interruption.enter("while held-out rows were scored", saved: directory.record.path)
        let session = shared.sharing(
            winner.resolved.changing { $0.train.memoryLimitBytes = memoryLimit }, rows: split)
        defer { session.releaseMemory() }
        let setup = try TrainingSetup.open(session, writes: false, begins: false, observer)
        try setup.handOn(from: run.adapter, steps: steps, session)
        let report = try EvaluateStage(generates: true, in: run).run(session, observer)
        try ModelCard(.adapter, called: recipe.name, of: session, evaluation: report.json).write(inPlace: run.adapter)
        return (try StageResult(report, key: key, outputs: [run.adapter]), digest)
    }
}
