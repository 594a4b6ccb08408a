// Steps move the adapter, and nothing comes of it.

/// The loss is what guessing costs: answers do not follow from what is read.
struct LossAtChance: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard run.progress >= 0.8, let chance = run.facts?.rows.chanceLoss, chance > 0.01,
            let curve = LossCurve(run.losses, atLeast: 10)
        else { return [] }
        guard (0.93...1.1).contains(curve.end / chance) else { return [] }
        return [
            HealthFinding(
                "loss_at_chance",
                "the loss is \(curve.end.shown) after \(run.steps.count) steps, and knowing only how often each answer is "
                    + "costs \(chance.shown): nothing was learnt of what is read",
                [.init("loss", curve.end), .init("chance_loss", chance), .init("first_loss", curve.start)],
                step: run.steps.last?.number, key: "data.train",
                advice:
                    "look with lathe inspect whether answers belong to their rows; then more steps, or a higher rate",
                explains: ["loss_flat"])
        ]
    }
}

/// The loss is where it began.
struct LossFlat: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard run.progress >= 0.8, let curve = LossCurve(run.losses, atLeast: 15),
            curve.start > 0.05
        else { return [] }
        // With pairs the loss may stay while the margin grows.
        let margins = run.measure("rewards_margin")
        guard curve.fall < 0.03, curve.start - curve.end < 2 * curve.noise, (margins.suffix(5).max() ?? 0) < 0.05 else {
            return []
        }
        return [
            HealthFinding(
                "loss_flat",
                "the loss is \(curve.end.shown) after \(run.steps.count) steps, and was \(curve.start.shown): what the steps "
                    + "learn of one row does not help with others",
                [.init("first_loss", curve.start), .init("loss", curve.end), .init("noise", curve.noise)],
                step: run.steps.last?.number, key: "data.train",
                advice: "look with lathe inspect whether answers belong to their rows, and which tokens carry loss")
        ]
    }
}
