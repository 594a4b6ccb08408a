// Held-out rows beside training rows, as evaluations between steps show them.

/// Held-out rows get worse while training rows get better.
struct Overfitting: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard let curve = LossCurve(run.losses, atLeast: 6) else { return [] }
        return [turned(run, curve) ?? worse(run, curve)].compactMap { $0 }
    }

    private func turned(_ run: RunTrace, _ curve: LossCurve) -> HealthFinding? {
        let evaluations = run.evaluations
        guard evaluations.count >= 3, let last = evaluations.last,
            let best = evaluations.min(by: { $0.loss < $1.loss }), last.step > best.step
        else { return nil }
        let after = evaluations.filter { $0.step > best.step }
        let then = curve.reading(before: run.steps.firstIndex { $0.number > best.step } ?? run.steps.count)
        guard after.count >= 2, after.allSatisfy({ $0.loss > best.loss }), last.loss > 1.05 * best.loss + 0.01,
            curve.end < 0.98 * then
        else { return nil }
        return finding(
            "held-out rows were best at step \(best.step) (\(best.loss.shown)) and are at \(last.loss.shown) at step "
                + "\(last.step), while the training loss went on from \(then.shown) to \(curve.end.shown)",
            [
                .init("best_held_out_loss", best.loss), .init("held_out_loss", last.loss),
                .init("training_loss_then", then), .init("training_loss", curve.end),
            ], step: best.step)
    }

    /// One evaluation, worse than training rows were before anything was learnt.
    private func worse(_ run: RunTrace, _ curve: LossCurve) -> HealthFinding? {
        guard run.facts?.task != "embed", run.evaluations.count < 3, let last = run.evaluations.last, curve.fall > 0.3,
            last.loss > 1.15 * curve.start + 3 * curve.noise
        else { return nil }
        return finding(
            "held-out rows are at \(last.loss.shown) at step \(last.step), above the \(curve.start.shown) of training rows before "
                + "anything was learnt, while these went down to \(curve.end.shown)",
            [
                .init("held_out_loss", last.loss), .init("first_loss", curve.start), .init("training_loss", curve.end),
            ], step: last.step)
    }

    private func finding(_ words: String, _ evidence: [HealthFinding.Evidence], step: Int) -> HealthFinding {
        HealthFinding(
            "overfitting", words, evidence, step: step, key: "train.epochs",
            advice:
                "fewer, or train.eval_every with train.early_stopping_patience; more rows help, and a smaller adapter.r"
        )
    }
}

/// Held-out rows are of another kind than training rows.
struct HeldOutUnlike: HealthRule {
    /// In the first pass over the rows, training rows are as new to the model as held-out ones. Of an evaluation that comes later nobody
    /// can tell whether rows are of another kind, or training rows are known by heart.
    func findings(in run: RunTrace) -> [HealthFinding] {
        // The losses of vectors are those of a batch, not of a row.
        guard let facts = run.facts, facts.task != "embed", let epoch = run.stepsOfEpoch,
            let curve = LossCurve(run.losses, atLeast: 10), let evaluation = run.evaluations.first
        else { return [] }
        let told = run.steps.firstIndex { $0.number > evaluation.step } ?? run.steps.count
        guard told <= epoch else { return [] }
        let near = curve.reading(before: told), unseen = facts.rows.heldOutUnseen
        // A smaller distance counts where words differ too; held-out rows of sound runs show one or the other.
        let usesOtherWords = unseen > 3 * facts.rows.trainingUnseen + 0.15
        let limit = usesOtherWords ? 1.12 * near + 2 * curve.noise : 1.4 * near + 4 * curve.noise
        guard evaluation.loss > limit, evaluation.loss > 0.7 * curve.start else { return [] }
        return [
            HealthFinding(
                "held_out_unlike",
                "held-out rows are at \(evaluation.loss.shown) at step \(evaluation.step), and training rows that were as new "
                    + "to the model at \(near.shown): they are of another kind"
                    + (unseen > 0.02
                        ? "; \(unseen.percent) of their tokens stand in no row of the first half of the training rows"
                        : ""),
                [
                    .init("held_out_loss", evaluation.loss), .init("training_loss", near),
                    .init("first_loss", curve.start), .init("unseen_of_held_out", unseen),
                    .init("unseen_of_training", facts.rows.trainingUnseen),
                ], step: evaluation.step, key: "data.held_out",
                advice: "rows of the same kind; or data.val_size, which holds out some of the training rows",
                explains: ["overfitting"])
        ]
    }
}
