// What a sweep would take, told before it begins.

internal import JSON
internal import Recipes
internal import Spelling

/// Trials, rounds, steps and time of a recipe's sweep.
struct SweepForecast {
    private let schedule: SweepSchedule
    private let trials: Int
    private let steps: Int
    private let seconds: Double

    /// nil where the recipe sweeps nothing.
    ///
    /// - Parameter seconds: what the training of the recipe by itself takes.
    init?(_ session: Session, _ setup: TrainingSetup, trainingTakes seconds: Double) throws {
        guard !session.recipe.sweep.isEmpty else { return nil }
        let trials = try SweepTrial.all(of: session.resolved), search = session.recipe.search
        let heldBack =
            search.valSize < 1 ? Int(search.valSize * Double(setup.units.count)) : Int(search.valSize)
        let units = max(1, setup.units.count - heldBack)
        let totals = trials.map { TrainingSetup.steps($0.resolved.recipe, examples: units) }
        let weights = trials.map { $0.resolved.recipe.train.batchSize }
        schedule = SweepSchedule(trials: trials.count, search)
        self.trials = trials.count
        steps = schedule.mostWork(totals: totals, weights: totals.map { _ in 1 })
        let single = setup.configuration.totalSteps * setup.configuration.batchSize
        self.seconds = seconds * Double(schedule.mostWork(totals: totals, weights: weights)) / Double(max(1, single))
    }

    var json: JSONValue {
        [
            "trials": .integer(trials), "rounds": .array(schedule.counts.map { .integer($0) }),
            "steps": .integer(steps), "predicted_seconds": .double(seconds),
        ]
    }

    var line: String {
        "sweep: \(Count.text(trials, "trial")) in \(Count.text(schedule.counts.count, "round")) "
            + "(\(schedule.counts.map { String($0) }.joined(separator: ", "))), at most \(Count.text(steps, "step")), "
            + "about \(Int(seconds.rounded(.up))) s of training; lathe sweep tries them"
    }
}
