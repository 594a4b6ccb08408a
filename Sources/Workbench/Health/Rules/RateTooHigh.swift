/// Steps are too large: the loss rises above where it began, jumps, or stays while each step turns the adapter over.
struct RateTooHigh: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        [risen(run) ?? overshooting(run) ?? spiking(run) ?? tossed(run)].compactMap { $0 }
    }

    /// Half of the steps far above the start for a while. What a single row does to a step is not the rate's doing.
    private func risen(_ run: RunTrace) -> HealthFinding? {
        let steps = run.steps.filter { !HeavyRows.isOwned($0, of: run) }
        guard !run.losses.isEmpty, let curve = LossCurve(steps.map(\.record.loss), atLeast: 6),
            let moved = steps.firstIndex(where: { $0.record.learningRate > 0 })
        else { return nil }
        let middles = curve.middles, later = middles.filter { $0.end - curve.width >= moved }
        // Of few steps the start is one alone, and its rows may be easy ones.
        let start = steps.count < 16 ? max(curve.start, middles[0].value) : curve.start
        let limit = max(start * 1.2 + 4 * curve.noise, start + 0.1)
        guard let worst = later.max(by: { $0.value < $1.value }), let first = later.first(where: { $0.value > limit })
        else { return nil }
        let norms = growth(run)
        return finding(
            run,
            "the loss rose from \(start.shown) to \(worst.value.shown) (the middle of \(curve.width) steps up to step "
                + "\(steps[worst.end - 1].number)), at a rate of \((run.rates.max() ?? 0).shown)"
                + (norms > 3 ? "; the gradient's norm grew by a factor of \(norms.shown)" : ""),
            [.init("first_loss", start), .init("highest_loss", worst.value), .init("norm_growth", norms)],
            step: steps[first.end - 1].number)
    }

    /// A step that is to lower the loss by far more than there is of it, and does not.
    private func overshooting(_ run: RunTrace) -> HealthFinding? {
        guard let curve = LossCurve(run.losses, atLeast: 6), curve.fall < 0.1 else { return nil }
        let changes = run.steps.map { -($0.signs?.expectedChange ?? 0) }
        guard let largest = changes.max(), largest > 5 * curve.start, let index = changes.firstIndex(of: largest)
        else { return nil }
        return finding(
            run,
            "step \(run.steps[index].number) is to lower a loss of \(run.losses[index].shown) by \(largest.shown), by its "
                + "gradient, and the loss is \(curve.end.shown)",
            [
                .init("first_loss", curve.start), .init("loss", curve.end), .init("expected_fall", largest),
                .init("last_norm", run.norms[run.norms.count - 1]),
            ], step: run.steps[index].number)
    }

    /// Single steps far above those before them, with gradients as far above theirs.
    private func spiking(_ run: RunTrace) -> HealthFinding? {
        // Small batches of a run that does well jump too.
        guard let curve = LossCurve(run.losses, atLeast: 12), curve.fall < 0.5 else { return nil }
        let losses = run.losses, norms = run.norms
        let step = curve.noise * Double(curve.width).squareRoot()
        let spikes = losses.indices.dropFirst(5).filter { index in
            let before = index - 5..<index, usual = losses[before].median
            return losses[index] > usual + max(0.5 * curve.start, 6 * step) && norms[index] > 4 * norms[before].median
                && !HeavyRows.isOwned(run.steps[index], of: run)
        }
        guard spikes.count >= 3, let first = spikes.first else { return nil }
        let highest = spikes.map { losses[$0] }.max() ?? 0
        return finding(
            run,
            "the loss jumps in \(spikes.count) steps, to \(highest.shown) at most, with gradients more than four times "
                + "those before",
            [.init("spikes", spikes.count), .init("highest_loss", highest)], step: run.steps[first].number)
    }

    /// Nothing is gained while each step changes the adapter by a large share of its size.
    private func tossed(_ run: RunTrace) -> HealthFinding? {
        let ratios = run.steps.filter { $0.record.learningRate > 0 }.compactMap(\.signs?.updateRatio)
        guard let curve = LossCurve(run.losses, atLeast: 10), ratios.count >= 10, run.progress >= 0.3, curve.fall < 0.05
        else { return nil }
        let early = ratios.prefix(10).median
        guard early > 0.15 else { return nil }
        return finding(
            run,
            "the loss has not fallen (\(curve.start.shown), now \(curve.end.shown)), while a step changes the adapter by "
                + "\(early.percent) of its size",
            [.init("first_loss", curve.start), .init("loss", curve.end), .init("update_ratio", early)],
            step: run.steps[0].number)
    }

    /// How much larger gradients are in the last third of steps than in the first.
    private func growth(_ run: RunTrace) -> Double {
        let third = max(1, run.norms.count / 3), first = run.norms.prefix(third).median
        return first > 0 ? run.norms.suffix(third).median / first : 1
    }

    private func finding(
        _ run: RunTrace, _ words: String, _ evidence: [HealthFinding.Evidence], step: Int
    ) -> HealthFinding {
        let rate = run.rates.max() ?? 0
        return HealthFinding(
            "rate_too_high", words, evidence + [.init("learning_rate", rate)], step: step, key: "train.learning_rate",
            advice: "\((rate / 10).shown), a tenth of it",
            explains: [
                "loss_flat", "loss_at_chance", "gradients_clipped", "rows_heavy", "overfitting", "held_out_unlike",
            ])
    }
}
