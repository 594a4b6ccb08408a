/// Every step is clipped, and by much: the limit sets the size of steps, not the gradient.
struct AlwaysClipped: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard let limit = run.facts?.maxGradNorm, limit > 0, run.norms.count >= 10 else { return [] }
        let clipped = run.norms.count { $0 > limit }, usual = run.norms.median
        // Gradients that are some times the limit are common, and do no harm.
        guard Double(clipped) >= 0.95 * Double(run.norms.count), usual > 10 * limit else { return [] }
        return [
            HealthFinding(
                "gradients_clipped",
                "\(clipped) of \(run.norms.count) steps were clipped: the gradient's norm is \(usual.shown) in the middle, "
                    + "and train.max_grad_norm is \(limit.shown)",
                [.init("clipped_steps", clipped), .init("median_norm", usual), .init("max_grad_norm", limit)],
                step: run.steps[0].number, key: "train.max_grad_norm",
                advice: "\((2 * usual).shown), above the usual norm; or look for rows that weigh too much")
        ]
    }
}
