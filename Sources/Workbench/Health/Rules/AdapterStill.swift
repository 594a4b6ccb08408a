/// The adapter does not move: no gradient comes to it, or steps are far below its numbers.
struct AdapterStill: HealthRule {
    /// A step of a sound run changes what is trained by some hundredths to some thousandths of its size.
    static let still = 2e-6

    func findings(in run: RunTrace) -> [HealthFinding] {
        let moving = run.steps.filter { $0.record.learningRate > 0 }
        guard moving.count >= 3 else {
            return run.isOver && moving.isEmpty && run.steps.count > 1 ? [unmoved(run)] : []
        }
        let norm = moving.map(\.record.gradientNorm).max() ?? 0
        let ratios = moving.compactMap(\.signs?.updateRatio), ratio = ratios.max() ?? .infinity
        if norm < 1e-8 { return [ungraded(norm, moving[0].number)] }
        // Of a rate that still climbs, small steps are wanted.
        guard run.isWarm else { return [] }
        if ratio < Self.still { return [tiny(run, ratio, moving[0].number)] }
        return [unheard(run, moving)].compactMap { $0 }
    }

    private func unmoved(_ run: RunTrace) -> HealthFinding {
        finding(
            "the learning rate is 0 in all \(run.steps.count) steps", [.init("steps", run.steps.count)],
            step: 1, key: "train.learning_rate", advice: "2e-4 is a good beginning")
    }

    private func ungraded(_ norm: Double, _ step: Int) -> HealthFinding {
        finding(
            "its gradient is 0 (\(norm.shown) at most): what is learnt does not reach it",
            [.init("largest_gradient_norm", norm)], step: step, key: "adapter.target_modules",
            advice: "layers that the answers depend on; and adapter.alpha above 0")
    }

    /// It moves, and no step changes the loss by what could be seen.
    private func unheard(_ run: RunTrace, _ moving: [RunTrace.Step]) -> HealthFinding? {
        let changes = moving.compactMap { $0.signs.map { abs($0.expectedChange) } }
        guard let largest = changes.max(), changes.count == moving.count, moving.count >= 8, run.losses.mean > 0.05,
            largest < 1e-6 * run.losses.mean
        else { return nil }
        return finding(
            "a step changes its numbers, and the loss by \(largest.shown) at most: next to nothing of it reaches the model",
            [
                .init("largest_expected_change", largest),
                .init("largest_gradient_norm", moving.map(\.record.gradientNorm).max() ?? 0),
            ],
            step: moving[0].number, key: "adapter.alpha",
            advice: "the adapter is scaled by alpha / r: twice adapter.r is a good beginning")
    }

    private func tiny(_ run: RunTrace, _ ratio: Double, _ step: Int) -> HealthFinding {
        let rate = run.rates.max() ?? 0
        return finding(
            "a step changes it by \(ratio.shown) of its size at most, at a rate of up to \(rate.shown): nothing is learnt",
            [.init("largest_update_ratio", ratio), .init("learning_rate", rate)], step: step,
            key: "train.learning_rate", advice: "2e-4 is a good beginning")
    }

    private func finding(
        _ words: String, _ evidence: [HealthFinding.Evidence], step: Int, key: String, advice: String
    ) -> HealthFinding {
        HealthFinding(
            "adapter_still", "the adapter does not move: " + words, evidence, step: step, key: key, advice: advice,
            explains: ["rate_too_low", "loss_flat", "loss_at_chance", "preference_stuck"])
    }
}
