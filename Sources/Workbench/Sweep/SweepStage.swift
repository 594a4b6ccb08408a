// A recipe with several values for some keys: trials on one base and one set of rows, the best of which is judged once.

internal import Adapters
internal import Datasets
internal import Files
internal import Foundation
internal import Kernels
internal import Objectives
internal import Recipes
internal import Spelling

/// Tries the combinations of a recipe's `sweep` in `checkpoints/<name>-sweep`, and goes on where an earlier call stopped.
///
/// Trials are compared on rows that are held back from the training rows; the held-out rows see the winner alone, and once.
public struct SweepStage: Stage {
    private let fresh: Bool
    private let invocation: Invocation

    /// - Parameters:
    ///   - invocation: the call that the sweep answers; one that is stopped names it to go on with.
    ///   - fresh: whether the sweep starts over.
    public init(_ invocation: Invocation, fresh: Bool = false) {
        self.invocation = invocation
        self.fresh = fresh
    }

    /// - Throws: before any work, all that is known before it: values that do not go together, inputs, places, another sweep in the
    ///   directory; later, where the numbers of every trial run away.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> SweepReport {
        let trials = try SweepTrial.all(of: session.resolved)
        for trial in trials { try trial.resolved.recipe.requireSupported() }
        try requireSweepable(session.recipe)
        try session.resolved.requireInputs(of: "model", "data", "adapter", "evaluate")
        let directory = SweepDirectory(of: session.recipe)
        let lock = try RunLock(directory.url)
        defer { lock.release() }
        try OutputPlaces(session.resolved).requireSweep(directory)
        let interruption = Interruption(invocation)
        defer { interruption.finish() }
        interruption.enter("while rows and model were made ready", saved: "")
        let shared = Session(session.resolved.changing { $0.name += SweepDirectory.suffix })
        shared.isOfRun = true
        let split = try openRows(shared, observer)
        let rows = try split.validating(on: session.recipe.search.valSize, seed: session.recipe.seed) {
            observer.receive(.warning($0))
        }
        let totals = try requireTrainable(trials, shared, rows)
        let fingerprint = try fingerprint(shared, split, trials)
        var record = try begin(directory, session.recipe, fingerprint, trials.count)
        try split.keep()
        let bench = TrialBench(
            shared: shared, rows: rows, directory: directory, memoryLimit: record.memoryLimit,
            interruption: interruption)
        let race = TrialRace(trials, totals, SweepSchedule(trials: trials.count, session.recipe.search), bench)
        let winner = try race.run(&record, observer)
        let trial = trials[winner.trial - 1]
        if session.recipe.evaluate.enabled {
            observer.receive(
                split.heldOut != nil
                    ? .stage("evaluate", detail: "trial \(trial.number), the winner, on the held-out rows")
                    : .warning("no held-out rows, so nothing judges the winner: set data.held_out or data.val_size"))
        }
        let judged = try bench.judged(
            trial, steps: winner.steps, on: split, known: record.evaluation, TrialObserver(observer))
        record.evaluation = judged.evaluation
        try directory.write(record.json.text(.pretty) + "\n", to: directory.record)
        let report = try SweepReport(
            session.recipe, trials: trials, schedule: race.schedule, totals: totals, record: record,
            winner: winner.trial, digest: judged.digest, directory: directory, rows: rows, heldOut: split.heldOut)
        try directory.write(trial.resolved.recipe.resolvedYAML(), to: directory.best)
        try directory.write(report.markdown, to: directory.readableReport)
        try directory.write(report.page, to: directory.page)
        return report
    }

    /// Throws where the recipe asks for what trials do not do.
    private func requireSweepable(_ recipe: Recipe) throws {
        guard !recipe.distill.isAsked else {
            throw Failure(
                .badInput, "distill: trials of a sweep learn from rows alone",
                hint: "sweep without the teacher, and distil with the values that won")
        }
        guard !recipe.train.objective.writesAnswers else {
            throw Failure(
                .badInput,
                "train.objective: \(recipe.train.objective.rawValue) learns from rewards, and trials are compared by the loss of "
                    + "their validation rows, which says nothing of those",
                hint: "run a recipe of its own for each value, and hold the runs against each other with lathe compare")
        }
    }

    /// The rows that all trials share.
    private func openRows(_ shared: Session, _ observer: any RunObserver) throws -> PreparedSplit {
        try shared.followVectors()
        try shared.followOwnLabels()
        for notice in shared.recipe.notices { observer.receive(.note("\(notice)")) }
        try shared.startComputing()
        let base = try shared.base()
        try shared.requireWriter(for: "training")
        base.startDigest()
        observer.receive(.stage("prepare", detail: shared.rowRecipe.data.train.joined(separator: ", ")))
        let split = try shared.openRows(staged: true, observer)
        // What cannot be measured is said now, not after hours of training.
        _ = try shared.tasksOfRun()
        for line in split.report.notes { observer.receive(.note(line)) }
        for line in split.report.warnings + base.warnings { observer.receive(.warning(line)) }
        return split
    }

    /// The steps of each trial. Throws where one would fail before its first step.
    private func requireTrainable(
        _ trials: [SweepTrial], _ shared: Session, _ rows: PreparedSplit
    ) throws -> [Int] {
        let model = try shared.model(), base = try shared.base()
        return try trials.map { trial in
            let recipe = trial.resolved.recipe
            if recipe.adapter.continueFrom == nil { _ = try TrainingSetup.newAdapter(recipe, on: model, base) }
            let units = ExampleUnits(rows.train.examples, of: recipe.learnt.unit)
            let steps = TrainingSetup.steps(recipe, examples: units.count)
            _ = try recipe.train.stepWarnings(steps: steps)
            return steps
        }
    }

    /// What decides the sweep's numbers.
    private func fingerprint(
        _ shared: Session, _ split: PreparedSplit, _ trials: [SweepTrial]
    ) throws -> RunFingerprint {
        let recipe = shared.recipe, base = try shared.base()
        let swept = Set(recipe.sweep.map(\.path))
        return RunFingerprint(
            keys: recipe.decidingKeys.filter { !swept.contains($0.path) } + recipe.sweepKeys,
            parts: [
                ("training and held-out rows", split.digest), ("base model", try base.weights.contentDigest()),
                ("chat template", base.templateDigest ?? "none"),
                ("model.precision", "\(try shared.model().precision)"),
                ("instruction set", Processor.instructionSet), ("threads", "\(Processor.threads)"),
            ])
    }

    /// What an earlier call left, or a new record; until here nothing in the directory is changed.
    private func begin(
        _ directory: SweepDirectory, _ recipe: Recipe, _ fingerprint: RunFingerprint, _ trials: Int
    ) throws -> SweepRecord {
        let earlier = try fresh ? nil : SweepRecord(directory.record)
        if let earlier {
            let differences = fingerprint.differences(from: earlier.fingerprint)
            guard differences.isEmpty, earlier.outcomes.count == trials else {
                throw Failure(
                    .badInput,
                    "\(path: directory.url.path) holds another sweep, which differs in\n  "
                        + (differences.isEmpty ? ["its trials"] : differences).joined(separator: "\n  "),
                    hint: "--fresh starts over and removes what that sweep made; another name: keeps both")
            }
            try directory.make()
            return earlier
        }
        // What it says is hours of work: it is not taken away without a word.
        guard try fresh || FileForm(at: directory.record) == nil else {
            throw Failure(
                .badInput, "\(path: directory.record.path) says nothing of a sweep that this version understands",
                hint: "--fresh starts over and removes what that sweep made; another name: keeps both",
                namedFile: directory.record.path)
        }
        try directory.make()
        try directory.clear()
        let record = SweepRecord(
            name: recipe.name, fingerprint: fingerprint,
            // What is free later does not count: steps are cut in the same way for all trials and after every stop.
            memoryLimit: recipe.train.memoryLimitBytes ?? MemoryPlan.usualLimit, trials: trials)
        try directory.write(recipe.resolvedYAML(), to: directory.recipe)
        try directory.write(record.json.text(.pretty) + "\n", to: directory.record)
        return record
    }
}
