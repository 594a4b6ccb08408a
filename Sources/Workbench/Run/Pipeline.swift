// A recipe from end to end: prepare → train → evaluate → merge → export.

internal import Foundation
internal import Recipes

/// Runs a recipe's stages in its run directory, `checkpoints/<name>`.
public struct Pipeline {
    private let resolved: ResolvedRecipe
    private let observer: any RunObserver
    private let invocation: Invocation
    private let meter: StageMeter
    private let clock: RunClock

    public init(_ resolved: ResolvedRecipe, invocation: Invocation, observer: any RunObserver) {
        self.resolved = resolved
        self.invocation = invocation
        clock = RunClock(observer)
        meter = StageMeter(clock)
        self.observer = meter
    }

    /// Trains and evaluates; merges and exports nothing.
    public func train(fresh: Bool) throws -> RunReport { try work(fresh: fresh, merges: false) }

    /// The whole recipe.
    public func run(fresh: Bool) throws -> RunReport { try work(fresh: fresh, merges: true) }

    /// Until it is decided that this run may go on here, nothing in the directory is changed.
    private func work(fresh: Bool, merges: Bool) throws -> RunReport {
        let recipe = resolved.recipe
        // What cannot be written is said before anything is computed.
        try recipe.requireSupported()
        try resolved.requireInputs(of: "model", "data", "adapter")
        let place = RunDirectory.place(of: recipe)
        let lock = try RunLock(place)
        defer { lock.release() }
        let planned = RunDirectory(planned: place)
        try OutputPlaces(resolved).requireAll(of: recipe, in: planned, merges: merges, clears: fresh)
        let directory = try RunDirectory(place)
        let interruption = Interruption(invocation)
        defer { interruption.finish() }
        let earlier = try fresh ? nil : EarlierRun(directory)
        try earlier?.requireSameKeys(as: recipe)
        interruption.enter("while rows and model were made ready", saved: earlier?.saved ?? "")
        let run = try TrainingRun(resolved, writes: true, observer: observer)
        try earlier?.requireSame(as: run.fingerprint)
        try MemoryForecast(run, merges: merges).stages.requireWithin(recipe.train.memoryLimitBytes, ofRecipe: true)
        clock.follow(RunWork(run, generates: merges, merges: merges))
        let stages = try RunStages(
            run, directory, earlier: earlier, interruption: interruption, meter: meter)
        return try stages.report(merges: merges)
    }
}
