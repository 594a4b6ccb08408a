/// Nothing is left to learn, or held-out rows are no test: what is asked is known already.
struct KnownAnswers: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] { [known(run), leak(run)].compactMap { $0 } }

    private func known(_ run: RunTrace) -> HealthFinding? {
        // In-batch losses of vectors and those of pairs have another floor.
        guard let facts = run.facts, facts.task != "embed", facts.objective == "cross_entropy",
            let curve = LossCurve(run.losses, atLeast: 3)
        else { return nil }
        let floor = min(0.05, 0.1 * (facts.rows.chanceLoss ?? 1))
        guard facts.task != "regress", curve.start < floor else { return nil }
        return HealthFinding(
            "rows_known",
            "the loss is \(curve.start.shown) before anything is learnt: the model knows these answers already, or they "
                + "stand in what it reads",
            [.init("first_loss", curve.start)], step: 1, key: facts.goesOn ? "adapter.continue_from" : "data.train",
            advice: facts.goesOn
                ? "the adapter was trained on these rows: take others, or leave it out"
                : "look with lathe inspect whether the question says the answer",
            explains: ["loss_flat", "loss_at_chance", "rate_too_low"])
    }

    private func leak(_ run: RunTrace) -> HealthFinding? {
        guard let rows = run.facts?.rows, rows.heldOut > 0 else { return nil }
        let share = Double(rows.heldOutInTraining) / Double(rows.heldOut)
        guard share >= 0.02, rows.heldOutInTraining > 1 else { return nil }
        return HealthFinding(
            "held_out_leaks",
            "\(rows.heldOutInTraining) of \(rows.heldOut) held-out rows stand among the training rows, token for token: "
                + "they say nothing of what was learnt",
            [.init("held_out_in_training", rows.heldOutInTraining), .init("held_out", rows.heldOut)],
            key: "data.leakage", advice: "error, to have such rows named; or deduplicate in data.steps")
    }
}
