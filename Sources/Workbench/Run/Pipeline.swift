// A recipe from end to end: prepare → train → evaluate → merge → export.

internal import Foundation
internal import Recipes

/// Does a recipe's stages in its run directory, `checkpoints/<name>`, and goes on where an earlier call stopped. The
/// session's model has the trained adapter then, or what it was combined with by `merge.adapters`.
public struct Pipeline: Stage {
    private let fresh: Bool
    private let merges: Bool
    private let generates: Bool
    private let invocation: Invocation

    /// - Parameters:
    ///   - invocation: the call that a run answers; a run that is stopped names it to go on with.
    ///   - fresh: whether the run starts over.
    ///   - merges: whether the model is merged and exported.
    ///   - generates: whether answers are generated; nil: where the run merges.
    public init(_ invocation: Invocation, fresh: Bool = false, merges: Bool = true, generates: Bool? = nil) {
        self.invocation = invocation
        self.fresh = fresh
        self.merges = merges
        self.generates = generates ?? merges
    }

    /// Until it is decided that this run may go on here, nothing in the directory is changed.
    ///
    /// - Throws: before any work, all that is known before it: keys that this version does not serve, inputs, places,
    ///   memory, another run in the directory.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> RunReport {
        session.isOfRun = true
        defer { session.isOfRun = false }
        let clock = RunClock(observer), meter = StageMeter(clock), recipe = session.recipe
        // What cannot be written is said before anything is computed.
        try recipe.requireSupported()
        if !recipe.sweep.isEmpty {
            observer.receive(.note("sweep: this run has the recipe's own values; lathe sweep tries the others"))
        }
        try session.resolved.requireInputs(of: "model", "data", "adapter", "evaluate", "distill")
        if merges { try session.resolved.requireMergedAdapters() }
        let place = RunDirectory.place(of: recipe)
        let lock = try RunLock(place)
        defer { lock.release() }
        let planned = RunDirectory(planned: place)
        try OutputPlaces(session.resolved).requireAll(of: recipe, in: planned, merges: merges, clears: fresh)
        let directory = try RunDirectory(place)
        let interruption = Interruption(invocation)
        defer { interruption.finish() }
        let earlier = try fresh ? nil : EarlierRun(directory)
        try earlier?.requireSameKeys(as: recipe)
        interruption.enter("while rows and model were made ready", saved: earlier?.saved ?? "")
        if recipe.distill.writesRows {
            let journal = directory.written.appendingPathComponent("answers.jsonl")
            interruption.enter("while the teacher wrote", saved: journal.path)
            session.writtenRows = try WritingStage(in: directory).run(session, meter)
            interruption.enter("while rows and model were made ready", saved: journal.path)
        }
        let setup = try TrainingSetup.open(
            session, writes: true, from: earlier?.newest?.snapshot, meter)
        try earlier?.requireSame(as: setup.fingerprint)
        if merges { try session.requireMergedAdapters(observer) }
        try MemoryForecast(session, setup, merges: merges, generates: generates).stages
            .requireWithin(recipe.train.memoryLimitBytes, ofRecipe: true)
        clock.follow(try RunWork(session, setup, generates: generates, merges: merges))
        let stages = try RunStages(
            session, setup, directory, earlier: earlier, interruption: interruption, meter: meter,
            labels: LabelsRun(invocation: invocation, fresh: fresh), command: invocation.command)
        return try stages.report(merges: merges, generates: generates)
    }
}
