/// Rows of which nothing is learnt: no token carries loss, or only the one that ends an answer.
struct EmptyMasks: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard let rows = run.facts?.rows else { return [] }
        return [nothing(rows), empty(rows)].compactMap { $0 }
    }

    private func nothing(_ rows: TrainedRows) -> HealthFinding? {
        // What was cut away, the rule of cut answers tells.
        let count = rows.rowsWithoutTarget - rows.rowsWithCutAnswer
        guard count > 0, rows.rows > 0, Double(count) / Double(rows.rows) >= 0.05 else { return nil }
        return HealthFinding(
            "masks_empty",
            "\(count) of \(rows.rows) rows have no token that carries loss, and are left out",
            [.init("rows_without_target", count), .init("rows", rows.rows)], key: "data.fields",
            advice: "name the field of the answers; data.train_on and data.roles say which turns carry loss")
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
}
