/// Rows that were cut so that something of their answers is gone.
struct CutAnswers: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard let rows = run.facts?.rows, rows.rows > 0 else { return [] }
        let cut = max(rows.rowsWithCutAnswer, rows.answersLeftOut)
        guard Double(cut) / Double(rows.rows) >= 0.05 else { return [] }
        return [
            HealthFinding(
                "answers_cut",
                "\(cut) of \(rows.rows) rows are longer than data.max_length, and lose something of an answer: the model "
                    + "learns answers without their ends",
                [
                    .init("rows_with_cut_answer", rows.rowsWithCutAnswer),
                    .init("answers_left_out", rows.answersLeftOut), .init("rows", rows.rows),
                ], key: "data.max_length", advice: "raise it; lathe prepare shows how long rows are")
        ]
    }
}
