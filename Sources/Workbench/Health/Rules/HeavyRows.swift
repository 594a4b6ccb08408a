/// A few rows own the gradient: one has most tokens, or steps jump where it is.
struct HeavyRows: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] { [giant(run) ?? owning(run)].compactMap { $0 } }

    private func giant(_ run: RunTrace) -> HealthFinding? {
        guard let facts = run.facts, facts.objective == "cross_entropy",
            ["generate", "seq2seq", "tag"].contains(facts.task),
            facts.rows.units >= 20
        else { return nil }
        let rows = facts.rows, fair = 1 / Double(rows.units)
        guard rows.largestShare > max(0.02, 10 * fair) else { return nil }
        return finding(
            "one of \(rows.units) rows, \(rows.largest), has \(rows.largestShare.percent) of all tokens that carry loss: its "
                + "steps are about it alone",
            [.init("share_of_targets", rows.largestShare), .init("fair_share", fair)], step: nil)
    }

    /// Whether one row has most of a step's loss, and much more than its share of rows.
    static func isOwned(_ step: RunTrace.Step, of run: RunTrace) -> Bool {
        guard let batch = run.facts?.batchSize, let heaviest = step.signs?.heaviest else { return false }
        return heaviest.lossShare >= max(0.6, 2.5 / Double(batch))
    }

    private func owning(_ run: RunTrace) -> HealthFinding? {
        guard let curve = LossCurve(run.losses, atLeast: 12), let facts = run.facts, facts.batchSize >= 4,
            facts.writesText
        else { return nil }
        let norms = run.norms, losses = run.losses
        let owned = run.steps.indices.filter { index in
            guard Self.isOwned(run.steps[index], of: run) else { return false }
            let near = (max(0, index - 6)..<min(norms.count, index + 7)).filter { $0 != index }
            return norms[index] > 1.4 * near.map { norms[$0] }.median
                && losses[index] > 1.5 * near.map { losses[$0] }.median + 0.1 * curve.start
        }
        guard owned.count >= 3, let worst = owned.max(by: { norms[$0] < norms[$1] }),
            let heaviest = run.steps[worst].signs?.heaviest
        else { return nil }
        return finding(
            "in \(owned.count) steps one row has most of the loss, and loss and gradient are far above those of the steps "
                + "around: in step \(run.steps[worst].number) \(heaviest.place) has \(heaviest.lossShare.percent), and the norm "
                + "is \(norms[worst].shown)",
            [
                .init("steps", owned.count), .init("share_of_loss", heaviest.lossShare), .init("norm", norms[worst]),
                .init("median_norm", norms.median),
            ], step: run.steps[worst].number)
    }

    private func finding(_ words: String, _ evidence: [HealthFinding.Evidence], step: Int?) -> HealthFinding {
        HealthFinding(
            "rows_heavy", words, evidence, step: step, key: "data.steps",
            advice: "look at these rows, and leave them out with filter; data.max_length bounds what a row can have",
            explains: ["gradients_clipped"])
    }
}
