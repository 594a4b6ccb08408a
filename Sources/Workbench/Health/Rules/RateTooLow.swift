/// The adapter hardly moves: all steps together could not have lowered the loss by much.
struct RateTooLow: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard run.progress >= 0.5, let curve = LossCurve(run.losses, atLeast: 8),
            curve.start > 0.05
        else { return [] }
        let signs = run.steps.compactMap(\.signs)
        guard signs.count == run.steps.count else { return [] }
        // What is left of the run is counted as what was.
        let expected = signs.reduce(0) { $0 + max(0, -$1.expectedChange) } * run.interval / max(run.progress, 0.5)
        guard expected < 0.05 * curve.start, curve.fall < 0.1 else { return [] }
        let rate = run.rates.max() ?? 0, ratio = signs.compactMap(\.updateRatio).max() ?? 0
        return [
            HealthFinding(
                "rate_too_low",
                "the loss went from \(curve.start.shown) to \(curve.end.shown), and all steps of the run together can "
                    + "lower it by \(expected.shown) at most, by their gradients; a step changes the adapter by "
                    + "\(ratio.shown) of its size",
                [
                    .init("first_loss", curve.start), .init("loss", curve.end), .init("expected_fall", expected),
                    .init("largest_update_ratio", ratio), .init("learning_rate", rate),
                ], step: run.steps.last?.number, key: "train.learning_rate",
                advice: "\((rate * 10).shown), ten times it; or more steps",
                explains: ["loss_flat", "loss_at_chance", "preference_stuck"])
        ]
    }
}
