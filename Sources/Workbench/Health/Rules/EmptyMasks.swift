/// Rows of which nothing is learnt: no token carries loss, or only the one that ends an answer.
struct EmptyMasks: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard let rows = run.facts?.rows else { return [] }
        return [nothing(rows), empty(rows), alike(rows)].compactMap { $0 }
    }

    private func nothing(_ rows: TrainedRows) -> HealthFinding? {
        let count = rows.rowsWithoutTarget
        guard count > 0, rows.rows > 0, Double(count) / Double(rows.rows) >= 0.05 else { return nil }
        let isCut = rows.rowsWithCutAnswer >= count
        return HealthFinding(
            "masks_empty",
            "\(count) of \(rows.rows) rows have no token that carries loss, and are left out"
                + (isCut ? ": all of their answers was cut away" : ""),
            [.init("rows_without_target", count), .init("rows", rows.rows)],
            key: isCut ? "data.max_length" : "data.columns",
            advice: isCut
                ? "raise it, or data.too_long: truncate_prompt"
                : "name the column of the answers; data.train_on and data.roles say which turns carry loss",
            // Where other rows lost a part of theirs, that is told too.
            explains: rows.rowsWithCutAnswer * 20 < count * 20 + rows.rows ? ["answers_cut"] : [])
    }

    private func empty(_ rows: TrainedRows) -> HealthFinding? {
        let share = rows.units > 0 ? Double(rows.emptyAnswers) / Double(rows.units) : 0
        // Where all answers are one token, that token is the answer.
        guard share >= 0.05, rows.distinctAnswers > 1 else { return nil }
        return HealthFinding(
            "masks_empty",
            "\(rows.emptyAnswers) of \(rows.units) answers are empty: only the token that ends them carries loss, "
                + "and the model learns to say nothing",
            [.init("empty_answers", rows.emptyAnswers), .init("units", rows.units)], key: "data.steps",
            advice: "filter: { fields: [the answer's], min_chars: 1 }")
    }

    /// Of many different answers one stands in every fifth row: a placeholder, not an answer.
    private func alike(_ rows: TrainedRows) -> HealthFinding? {
        guard rows.commonestAnswerShare >= 0.2, rows.distinctAnswers > max(20, rows.units / 4) else { return nil }
        return HealthFinding(
            "answers_alike",
            "\(rows.commonestAnswerShare.percent) of \(rows.units) rows have the same answer, and the others "
                + "\(rows.distinctAnswers - 1) different ones: it may stand for none",
            [
                .init("share_of_commonest_answer", rows.commonestAnswerShare),
                .init("distinct_answers", rows.distinctAnswers),
            ], key: "data.steps", advice: "filter: { fields: [the answer's], excludes: that answer }")
    }
}
