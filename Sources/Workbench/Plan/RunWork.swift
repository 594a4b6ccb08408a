// How much there is to do in a run, stage by stage: what `plan` makes seconds of, and what progress is a share of.

internal import Datasets
internal import Foundation
internal import Recipes
internal import Training

/// Seconds that one unit of each kind of work takes, or how they stand to each other.
struct WorkRates {
    /// A token forward and backward, with its share of the optimiser's step.
    var trained: Double
    /// A token forward.
    var forward: Double
    /// A token generated beside others.
    var generated: Double
    /// A byte of a model written.
    var written: Double

    /// To each other, in tokens trained, estimated and not measured: enough to tell how far a run is. Writing depends on the model as
    /// training does, and so does not depend on it here: all of a model costs as much as a thousand tokens trained.
    static func relative(modelBytes: Int) -> WorkRates {
        WorkRates(trained: 1, forward: 0.35, generated: 0.6, written: 1000 / Double(max(modelBytes, 1)))
    }
}

/// The work of a run.
struct RunWork {
    /// A part of a stage that has a progress line of its own.
    struct Phase {
        var stage: String
        /// What its progress line counts; nil where there is none, or where steps are counted.
        var unit: String?
        var trained = 0.0
        var forward = 0.0
        var generated = 0.0
        var written = 0.0

        func amount(_ rates: WorkRates) -> Double {
            trained * rates.trained + forward * rates.forward + generated * rates.generated + written * rates.written
        }
    }

    private(set) var phases: [Phase] = []
    /// Bytes of the model as it is written in bf16.
    let modelBytes: Int

    /// - Parameters:
    ///   - generates: whether answers are generated.
    ///   - merges: whether the run merges and exports.
    init(_ session: Session, _ setup: TrainingSetup, generates: Bool, merges: Bool) throws {
        let weights = try session.base().weights, recipe = session.recipe
        modelBytes = 2 * weights.paths.reduce(0) { $0 + (weights.shape(at: $1)?.elementCount ?? 0) }
        phases = session.foreseen.map { Phase(stage: $0.name, trained: $0.trained, forward: $0.forward) }
        phases += Self.capture(session, setup) + [Self.training(setup, recipe.train)]
        if recipe.evaluate.enabled, session.heldOut != nil {
            for set in try session.heldOutSets(SilentObserver()) {
                for side in ["adapter", "base"] {
                    phases += Self.evaluation(
                        recipe, set.rows.report, set.tasks, side, called: set.side(side), generates: generates)
                }
            }
        }
        phases += try Self.verdict(session, setup, generates: generates)
        guard merges else { return }
        if recipe.merge.enabled {
            phases.append(Phase(stage: "merge", written: Double(modelBytes)))
            // The probe through three models for losses and two for logits, in fp32, which takes twice as long.
            phases.append(
                Phase(stage: "proof", forward: Double(10 * MergeProbe.mostRows), written: Double(modelBytes) / 2))
        }
        let models = recipe.export.count { !$0.isAdapter }
        if !recipe.export.isEmpty {
            // Each model is scored: base, base + adapter and what was written, in fp32, which takes twice as long.
            let scored = min(session.heldOut?.report.tokens ?? 0, CheckRows.mostTokens)
            phases.append(
                Phase(
                    stage: "export", forward: Double(models * 6 * scored), written: Double(models * modelBytes)))
        }
    }

    /// What the teacher reads for a file of its predictions.
    private static func capture(_ session: Session, _ setup: TrainingSetup) -> [Phase] {
        guard let teacher = setup.teacher, session.recipe.distill.source.isCaptured else { return [] }
        let tokens = setup.split.train.report.tokens
        // A batch reads a context once for all of its sequences.
        let contexts = (tokens + 2047) / 2048 * teacher.longestContext
        return [
            Phase(
                stage: "capture", unit: "sequences",
                forward: Double(tokens + contexts) * teacher.cost(beside: setup.learner.model))
        ]
    }

    /// The student and what it is compared with on held-out rows, and the run on labels alone that is one of them.
    private static func verdict(_ session: Session, _ setup: TrainingSetup, generates: Bool) throws -> [Phase] {
        let recipe = session.recipe
        guard recipe.distill.isAsked, recipe.evaluate.enabled, let rows = session.heldOut else { return [] }
        let tasks = try session.tasks(of: rows)
        var phases: [Phase] = []
        if recipe.distill.compare {
            var labels = training(setup, recipe.train)
            labels.stage = "labels"
            phases.append(labels)
        }
        let own = ["student", "undistilled"] + (recipe.distill.compare ? ["labels"] : [])
        for side in own + (setup.teacher == nil ? [] : ["teacher"]) {
            let cost = side == "teacher" ? setup.teacher?.cost(beside: setup.learner.model) ?? 1 : 1
            phases += evaluation(recipe, rows.report, tasks, side, generates: generates).map { phase in
                var phase = phase
                phase.stage = "verdict"
                phase.forward *= cost
                phase.generated *= cost
                return phase
            }
        }
        return phases
    }

    private static func training(_ setup: TrainingSetup, _ train: TrainSection) -> Phase {
        let units = setup.units, configuration = setup.configuration, steps = configuration.totalSteps
        let order = ExampleOrder(
            exampleCount: units.count, batchSize: configuration.batchSize, seed: configuration.seed)
        let tokens = Double(setup.split.train.report.tokens) / Double(order.stepsPerEpoch) * Double(steps)
        // Answers of the model's own are as long as they may be, at most.
        let written = Double(steps * configuration.batchSize * train.answersToEach * train.mostTokensOfAnswers)
        // The last step is evaluated whatever the interval is.
        let evaluations = configuration.evaluateEverySteps.map { (steps + $0 - 1) / $0 } ?? 1
        return Phase(
            stage: "train", trained: tokens * Double(train.answersToEach) + written,
            forward: Double(evaluations * (setup.split.heldOut?.report.tokens ?? 0)),
            generated: written / Double(train.stepsOfEachRow))
    }

    private static func evaluation(
        _ recipe: Recipe, _ rows: DatasetReport, _ tasks: HeldOutTasks, _ side: String, called name: String? = nil,
        generates: Bool
    ) -> [Phase] {
        let name = name ?? side
        var phases = [Phase(stage: "evaluate", unit: "examples (\(name))", forward: Double(rows.tokens))]
        if tasks.candidateTokens > 0 {
            phases.append(
                Phase(
                    stage: "evaluate", unit: "candidate answers (\(name))", forward: Double(tasks.candidateTokens)))
        }
        if generates, !tasks.answered.isEmpty {
            // An adapter answers about as long as the rows do; a base often goes on until it may not.
            let most = recipe.evaluate.maxNewTokens
            let generated = tasks.answered.reduce(0) {
                $0 + (side == "adapter" ? min(most, $1.referenceTokens) : (most + min(most, $1.referenceTokens)) / 2)
            }
            phases.append(
                Phase(
                    stage: "evaluate", unit: "answers (\(name))",
                    forward: Double(tasks.answered.reduce(0) { $0 + $1.promptTokens }), generated: Double(generated)))
        }
        return phases
    }

    /// The same by stage, in their order.
    func byStage(_ rates: WorkRates) -> [(stage: String, seconds: Double)] {
        var stages: [(stage: String, seconds: Double)] = []
        for phase in phases {
            if stages.last?.stage != phase.stage { stages.append((phase.stage, 0)) }
            stages[stages.count - 1].seconds += phase.amount(rates)
        }
        return stages
    }

    /// Seconds, or whatever the rates are in.
    func total(_ rates: WorkRates) -> Double { phases.reduce(0) { $0 + $1.amount(rates) } }
}
