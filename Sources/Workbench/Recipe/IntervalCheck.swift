// Intervals held against the number of steps: one that is longer than the run is never over.

internal import Recipes
internal import Spelling

extension TrainSection {
    /// What a person should know of keys that count steps, in a run of `steps`: a line each. Throws where nothing would be learnt.
    func stepWarnings(steps: Int) throws -> [String] {
        let rates = schedule(steps: steps)
        return [try warmUpWarning(rates), partsWarning(rates)].compactMap { $0 } + intervalWarnings(steps: steps)
    }

    /// The same where the recipe itself says how many steps there are.
    func stepWarnings() throws -> [String] { try maxSteps.map(stepWarnings) ?? [] }

    private func intervalWarnings(steps: Int) -> [String] {
        let run = "and the run has " + Count.text(steps, "step")
        let intervals = [
            ("eval_every", evalEvery, "held-out rows are scored at the end alone"),
            ("save_every", saveEvery, "there is one checkpoint, the last"),
            ("log_every", logEvery, "the last step alone is logged"),
        ]
        var lines = intervals.filter { $0.1 > steps }.map { name, interval, effect in
            "train.\(name): \(interval), \(run): \(effect); lower train.\(name), or give the run more steps"
        }
        // The first evaluation is the best so far; the last one is at the end whatever it says.
        let evaluations = evalEvery > 0 ? (steps + evalEvery - 1) / evalEvery : 1
        if earlyStoppingPatience > 0, earlyStoppingPatience > evaluations - 2 {
            lines.append(
                "train.early_stopping_patience: \(earlyStoppingPatience), and held-out rows are scored "
                    + "\(Count.text(evaluations, "time")): the run never stops early; lower train.eval_every")
        }
        return lines
    }
}
