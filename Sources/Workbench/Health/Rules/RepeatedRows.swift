/// Rows that stand several times among those that are trained on.
struct RepeatedRows: HealthRule {
    func findings(in run: RunTrace) -> [HealthFinding] {
        guard let rows = run.facts?.rows, rows.units > 1 else { return [] }
        // Copies that a data step made, or a mixture that repeats, are wanted.
        let repeated = rows.repeated - rows.rowsAdded, share = Double(repeated) / Double(rows.units)
        let one = Double(rows.mostRepeats) / Double(rows.units)
        guard share >= 0.05 || (one >= 0.01 && rows.mostRepeats >= 20 && rows.rowsAdded == 0), repeated > 1 else {
            return []
        }
        return [
            HealthFinding(
                "rows_repeated",
                "\(repeated) of \(rows.units) rows say what an earlier one says (\(share.percent)); that of "
                    + "\(rows.mostRepeated) stands there \(rows.mostRepeats) times and counts as often",
                [
                    .init("repeated", repeated), .init("units", rows.units), .init("most_repeats", rows.mostRepeats),
                ], key: "data.steps", advice: "deduplicate: { by: normalised }")
        ]
    }
}
