// A dry run that is one: everything is opened, matched, tokenised and counted, and one small batch is timed.

internal import Datasets
internal import Foundation
internal import Generation
internal import Models
internal import Objectives
internal import Recipes
internal import Training

/// Makes the session's recipe ready as a run does, and tells what the run would take.
public struct PlanStage: Stage {
    public init() {}

    /// - Throws: all that a run of the recipe would throw before its first step.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> Plan {
        let recipe = session.recipe
        session.isPlanned = true
        defer { session.isPlanned = false }
        try recipe.requireSupported()
        try session.resolved.requireInputs(of: "model", "data", "adapter", "evaluate", "distill")
        try session.resolved.requireMergedAdapters()
        try OutputPlaces(session.resolved).requireAll(
            of: recipe, in: RunDirectory(planned: RunDirectory.place(of: recipe)), merges: true)
        let foreseen = try recipe.distill.writesRows ? ForeseenRows(session, observer) : nil
        defer { foreseen?.remove() }
        session.writtenRows = foreseen?.rows
        let setup = try TrainingSetup.open(session, writes: false, begins: false, observer)
        try session.requireMergedAdapters(observer)
        let forecast = try MemoryForecast(session, setup, merges: true, generates: true)
        try forecast.stages.requireWithin(recipe.train.memoryLimitBytes, ofRecipe: true)
        let seconds = try Self.predictedSeconds(session, setup)
        let training = seconds.first { $0.stage == "train" }?.seconds ?? 0
        return Plan(
            setup, recipe, precision: session.precision.reason, memory: forecast, seconds: seconds,
            sweep: try SweepForecast(session, setup, trainingTakes: training))
    }

    // MARK: Time

    /// What each stage of the recipe takes, by the rates of one small batch each way.
    private static func predictedSeconds(
        _ session: Session, _ setup: TrainingSetup
    ) throws -> [(stage: String, seconds: Double)] {
        let work = try RunWork(session, setup, generates: true, merges: true)
        var sample: [TokenizedExample] = [], numbers: [Int] = []
        for index in 0..<setup.units.count {
            sample += try setup.units.examples(index)
            numbers += setup.units.sequences(index)
            if sample.reduce(0, { $0 + $1.ids.count }) >= 512 { break }
        }
        let batch = setup.learner.objective.batch(sample, sequences: numbers)
        func secondsPerToken(_ pass: () throws -> Void) rethrows -> Double {
            var seconds = 0.0
            // The first pass pays for page faults and generated kernels.
            for _ in 0..<2 {
                let start = ContinuousClock.now
                try pass()
                seconds = (ContinuousClock.now - start).seconds / Double(batch.rowCount)
            }
            return seconds
        }
        // A capture that is yet to be made costs a step next to nothing.
        let learner = session.recipe.distill.source.isCaptured ? setup.scored : setup.foreseenLearner
        let trained = try secondsPerToken {
            _ = try learner.accumulateGradients(
                batch, gradientScale: 0, recomputedBlocks: setup.memory.recomputedBlocks, workspace: setup.workspace,
                dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0))
        }
        let forward = try secondsPerToken { _ = try setup.scored.sums(batch, workspace: setup.workspace) }
        var rates = WorkRates.relative(modelBytes: work.modelBytes)
        // Where all of a step is read before its first batch goes back, each goes forward twice.
        let reads = setup.learner.objective is any StepObjective ? forward : 0
        (rates.trained, rates.forward) = (trained + reads, forward)
        rates.generated = try session.tasksOfRun().map { try secondsPerGeneratedToken(session, $0) } ?? 0
        rates.written = bytesWrittenSeconds
        return work.byStage(rates)
    }

    /// Of a model merged and flushed to a disk of usual speed.
    private static let bytesWrittenSeconds = 1 / 250e6

    /// Reads some prompts with few and with more tokens generated; the difference is theirs.
    private static func secondsPerGeneratedToken(_ session: Session, _ tasks: HeldOutTasks) throws -> Double {
        let width = min(16, tasks.answered.count), tokens = 12
        guard width > 0, let heldOut = session.heldOut else { return 0 }
        let prompts = try tasks.answered.prefix(width).compactMap { try tasks.prompt(heldOut.rows.row($0.row))?.ids }
        func seconds(_ count: Int) throws -> Double {
            let scheduler = try GenerationScheduler(
                session.model(), arithmetic: GenerationArithmetic(session.recipe.model.precision),
                promptTokensPerStep: .max)
            let start = ContinuousClock.now
            _ = try scheduler.answers(to: prompts.map { GenerationRequest(prompt: $0, maximumTokens: count) })
            return (ContinuousClock.now - start).seconds
        }
        let short = try seconds(1)
        return max(0, try seconds(1 + tokens) - short) / Double(tokens * prompts.count)
    }
}
