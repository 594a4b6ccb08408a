// The report in lines for a terminal.

extension PreparationReport {
    /// One line a step and a few for the split and the leaks; empty where nothing was done.
    public var lines: [String] {
        var lines: [String] = []
        for step in steps { lines += step.lines }
        if let split {
            lines.append(
                "split by \(split.by)" + (split.field.map { " of \($0)" } ?? "")
                    + (split.stratifyBy.map { ", stratified by \($0)" } ?? "")
                    + ": \(split.heldOut) of \(trainRowsRead) rows held out, in \(split.units) units")
        }
        if let leakage { lines.append(leakage.line) }
        return lines
    }
}

extension StepReport {
    fileprivate var lines: [String] {
        var facts: [String] = []
        if rowsChanged > 0 { facts.append("\(rowsChanged) changed") }
        if rowsAdded > 0 { facts.append("\(rowsAdded) added") }
        facts += removed.map { "\($0.count) out by \($0.name)" }
        if let duplicates {
            facts.append(
                "\(duplicates.rows) duplicates"
                    + (duplicates.acrossFiles > 0 ? ", \(duplicates.acrossFiles) across files" : ""))
            if let search = duplicates.search {
                facts.append("Jaccard ≥ \(search.threshold), \(search.bands) bands of \(search.rowsPerBand)")
            }
        }
        facts += masked.map { "\($0.kind) \($0.count)" }
        facts += classes.prefix(12).map { "\($0.name) \($0.before) → \($0.after)" }
        return [
            "step \(index + 1) \(name): \(rowsIn) → \(rowsOut) rows"
                + (facts.isEmpty ? "" : "; " + facts.joined(separator: ", "))
        ]
    }
}

extension LeakageReport {
    fileprivate var line: String {
        guard !isClean else { return "leakage: none of \(heldOutRows) held-out rows stands in the training rows" }
        let kinds: [(String, LeakCount)] = [
            ("exact", exact), ("normalised", normalised), ("near", near), ("same prompt", prompt),
            ("same group", group),
        ]
        let counts = kinds.filter { $0.1.heldOutRows > 0 }.map { "\($0.0) \($0.1.heldOutRows)" }.joined(separator: ", ")
        return "leakage: \(rows) of \(heldOutRows) held-out rows stand in the training rows (\(counts))"
            + (droppedTrainRows > 0 ? "; \(droppedTrainRows) training rows dropped" : "")
    }
}
