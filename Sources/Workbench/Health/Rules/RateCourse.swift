// The course of the learning rate over the run, whatever the loss does.

/// The rate climbs for most of the run.
struct LongWarmUp: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard let facts = run.facts, facts.totalSteps >= 4, facts.warmupSteps * 2 >= facts.totalSteps else { return [] }
        return [
            HealthFinding(
                "warm_up_too_long",
                "the rate climbs for \(facts.warmupSteps) of the run's \(facts.totalSteps) steps",
                [.init("warmup_steps", facts.warmupSteps), .init("total_steps", facts.totalSteps)],
                key: "train.warmup_steps", advice: "\(max(1, facts.totalSteps * 3 / 100)), or more steps")
        ]
    }
}

/// The rate is at nothing long before the run ends.
struct RateEndsEarly: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        let rates = run.rates
        guard run.progress >= 0.5, let peak = rates.max(), peak > 0, let top = rates.lastIndex(of: peak) else {
            return []
        }
        let idle = rates.suffix(from: top).reversed().prefix { $0 <= 0.01 * peak }.count
        // A cosine is below a hundredth of its peak for the last sixteenth.
        guard idle >= 5, Double(idle) >= 0.15 * Double(rates.count) else { return [] }
        let step = run.steps[rates.count - idle].number
        return [
            HealthFinding(
                "rate_ends_early",
                "the rate is below a hundredth of \(peak.shown) from step \(step) on: what comes after changes nothing",
                [.init("steps_without_rate", idle), .init("steps", rates.count)], step: step,
                key: "train.lr_scheduler", advice: "one that ends with the run, or fewer steps")
        ]
    }
}
