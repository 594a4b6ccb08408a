// The sections about tokens: lengths, loss, what was cut, labels, scripts, samples.

internal import Datasets
internal import Pages
internal import Preparation

extension DataReport {
    /// The sides that are tokenised.
    private var sides: [(name: String, report: DatasetReport)] {
        [("training", train), ("held out", heldOut)].compactMap { name, report in report.map { (name, $0) } }
    }

    private static let exported = "Rows were exported, not tokenised: prepare without --export counts tokens."

    // MARK: Lengths

    var lengthsSection: PageSection {
        guard !sides.isEmpty else { return PageSection("lengths", "Lengths", nothing: Self.exported) }
        let limit = sides.first?.report.maximumLength
        let end = Histogram.end(sides.map(\.report.fullLengths), limit: limit)
        return PageSection(
            "lengths", "Lengths", fact: "tokens of each sequence before any cut",
            sides.map { Histogram(name: $0.name, lengths: $0.report.fullLengths, limit: limit, end: end).markup })
    }

    // MARK: Loss

    var supervisedSection: PageSection {
        guard !sides.isEmpty else {
            return PageSection("supervised", "Tokens that carry loss", nothing: Self.exported)
        }
        // Each bar is a whole of its own: what counts is the share.
        let rows = sides.map { name, report in
            BarTable.Row(
                name: name, parts: [("kept", report.targetTokens), ("context", report.tokens - report.targetTokens)],
                figures: [
                    Figures.percent(report.targetTokens, of: report.tokens), Figures.count(report.targetTokens),
                    Figures.count(report.tokens),
                ], whole: max(1, report.tokens))
        }
        return PageSection(
            "supervised", "Tokens that carry loss",
            fact: sides.first.map { Figures.percent($0.report.targetTokens, of: $0.report.tokens) } ?? "",
            [BarTable(headings: ["", "", "Share", "With loss", "Tokens"], rows: rows, whole: 1).markup])
    }

    // MARK: What is lost

    var lossesSection: PageSection {
        var rows: [[String]] = []
        func add(_ name: String, _ value: (DatasetReport) -> Int) {
            rows.append([name] + sides.map { Figures.count(value($0.report)) })
        }
        add("rows cut at max_length") { $0.truncatedRows }
        add("tokens cut away") { $0.truncatedTokens }
        add("rows too long, left out") { $0.droppedRows }
        add("rows left without a token that carries loss") { $0.rowsWithoutTarget }
        add("tokens of rows left out") { $0.droppedTokens }
        add("rows made into several sequences") { $0.splitRows }
        add("tokens across the border of an answer") { $0.straddlingTokens }
        add("answers without an end token") { $0.turnsWithoutEnd }
        let removed = preparation.steps.flatMap { step -> [[String]] in
            let duplicates = (step.duplicates?.rows).map { $0 > 0 ? [("duplicates", $0)] : [] } ?? []
            return (step.removed.map { ($0.name, $0.count) } + duplicates).map { name, count in
                ["step \(step.index + 1) \(step.name)", name, Figures.count(count)]
            }
        }
        var content: [Markup] = []
        if !sides.isEmpty { content.append(FactTable(headings: [""] + sides.map(\.name), rows: rows).markup) }
        if !removed.isEmpty {
            content.append(
                FactTable(headings: ["Rows left out by", "Reason", "Rows"], rows: removed, firstNumber: 2).markup)
        }
        if let leakage = preparation.leakage, leakage.droppedTrainRows > 0 {
            content.append(
                Markup(
                    "p", [:], "\(Figures.count(leakage.droppedTrainRows, "training row")) left out because of a leak."))
        }
        guard !content.isEmpty else { return PageSection("losses", "Cut and left out", nothing: Self.exported) }
        return PageSection("losses", "Cut and left out", content)
    }

    // MARK: Labels

    var labelsSection: PageSection {
        var content: [Markup] = []
        if let train, !train.labels.isEmpty { content.append(labelTable(train)) }
        for step in preparation.steps where !step.classes.isEmpty {
            content.append(Markup("h3", [:], "Step \(step.index + 1), \(step.name): before and after"))
            content.append(Self.classTable(step.classes, headings: ["Class", "", "Before", "After"]))
        }
        if let strata = preparation.split?.strata, !strata.isEmpty {
            content.append(Markup("h3", [:], "Split by \(preparation.split?.stratifyBy ?? "stratum")"))
            content.append(Self.strataTable(strata))
        }
        guard !content.isEmpty else {
            return PageSection("labels", "Labels", nothing: "The rows have no labels.")
        }
        return PageSection("labels", "Labels", fact: train.map { Self.balance($0.labels) } ?? "", content)
    }

    private func labelTable(_ train: DatasetReport) -> Markup {
        let labels = train.labels.sorted { ($1.rows, $0.name) < ($0.rows, $1.name) }
        let total = labels.reduce(train.rowsOfOtherLabels) { $0 + $1.rows }
        let heldOutTotal = (heldOut?.labels ?? []).reduce(heldOut?.rowsOfOtherLabels ?? 0) { $0 + $1.rows }
        let rows = labels.map { label -> BarTable.Row in
            let other = heldOut?.labels.first { $0.name == label.name }?.rows ?? 0
            return BarTable.Row(
                name: label.name, parts: [("kept", label.rows)],
                figures: [Figures.count(label.rows), Figures.percent(label.rows, of: total)]
                    + (heldOut == nil ? [] : [Figures.count(other), Figures.percent(other, of: heldOutTotal)]))
        }
        let table = BarTable(
            headings: ["Label", "", "Training", "Share"] + (heldOut == nil ? [] : ["Held out", "Share"]), rows: rows,
            whole: labels.first?.rows ?? 1
        ).markup
        guard train.rowsOfOtherLabels > 0 else { return table }
        return table
            + Markup("p", ["class": "calm"], "\(Figures.count(train.rowsOfOtherLabels, "row")) of further labels.")
    }

    private static func classTable(_ classes: [ClassCount], headings: [String]) -> Markup {
        let most = classes.map { max($0.before, $0.after) }.max() ?? 1
        let rows = classes.sorted { ($1.before, $0.name) < ($0.before, $1.name) }.map { entry in
            let kept = min(entry.before, entry.after)
            return BarTable.Row(
                name: entry.name,
                parts: [("kept", kept), ("added", entry.after - kept), ("cut", entry.before - kept)],
                figures: [Figures.count(entry.before), Figures.count(entry.after)])
        }
        return BarTable(headings: headings, rows: rows, whole: max(1, most)).markup
    }

    /// What is held out of each stratum is no loss: it is what the rest is judged on.
    private static func strataTable(_ strata: [ClassCount]) -> Markup {
        let rows = strata.sorted { ($1.before, $0.name) < ($0.before, $1.name) }.map { entry in
            BarTable.Row(
                name: entry.name, parts: [("kept", entry.before - entry.after), ("held", entry.after)],
                figures: [entry.before - entry.after, entry.after].map { Figures.count($0) })
        }
        let table = BarTable(
            headings: ["Stratum", "", "To train on", "Held out"], rows: rows,
            whole: max(1, strata.map(\.before).max() ?? 1))
        return table.markup
            + Markup(
                "p", ["class": "legend"], Markup("span", ["class": "swatch kept"]), Markup(" to train on "),
                Markup("span", ["class": "swatch held"]), Markup(" held out"))
    }

    private static func balance(_ labels: [LabelCount]) -> String {
        guard let most = labels.map(\.rows).max(), let least = labels.map(\.rows).min(), labels.count > 1 else {
            return ""
        }
        return
            "\(labels.count) labels, the commonest \(Figures.decimal(Double(most) / Double(max(1, least)), places: 1)) times as common as the rarest"
    }

    // MARK: Scripts

    var scriptsSection: PageSection {
        let texts = [("training", preparation.trainText), ("held out", preparation.heldOutText)].filter {
            $0.1.characters > 0
        }
        guard !texts.isEmpty else {
            return PageSection("scripts", "Scripts", nothing: "No text was counted.")
        }
        var content: [Markup] = []
        for (name, text) in texts {
            let letters = text.letters.reduce(0) { $0 + $1.count }
            let rows = text.rows.reduce(0) { $0 + $1.count }
            content.append(Markup("h3", [:], "\(name): \(Figures.count(text.characters, "character"))"))
            let names =
                text.letters.map(\.name)
                + text.rows.map(\.name).filter { row in !text.letters.contains { $0.name == row } }
            content.append(
                BarTable(
                    headings: ["Script", "", "Letters", "Rows mainly of it"],
                    rows: names.map { name in
                        let letterCount = text.letters.first { $0.name == name }?.count ?? 0
                        let rowCount = text.rows.first { $0.name == name }?.count ?? 0
                        return BarTable.Row(
                            name: name == "none" ? "no letters" : name, parts: [("kept", letterCount)],
                            figures: [
                                Figures.percent(letterCount, of: letters),
                                "\(Figures.count(rowCount)) (\(Figures.percent(rowCount, of: rows)))",
                            ])
                    }, whole: max(1, letters)
                ).markup)
        }
        let main = texts[0].1.letters.first
        return PageSection(
            "scripts", "Scripts",
            fact: main.map {
                "\($0.name) \(Figures.percent($0.count, of: texts[0].1.letters.reduce(0) { $0 + $1.count }))"
            } ?? "",
            content)
    }

    // MARK: Samples

    func samplesSection(_ tokens: TokenTexts?) -> PageSection {
        guard let tokens, !sides.isEmpty else {
            return PageSection("samples", "What is trained", nothing: Self.exported)
        }
        var content = [TokenStrip.legend]
        for (name, report) in sides {
            let samples = report.samples.sequences
            guard !samples.isEmpty else { continue }
            if sides.count > 1 { content.append(Markup("h3", ["class": "side"], name)) }
            content += samples.prefix(name == "training" ? samples.count : 4).map {
                TokenStrip(sample: $0, tokens: tokens, places: places).markup
            }
        }
        return PageSection(
            "samples", "What is trained", fact: "sampled rows, token by token; rows are numbered from 0", content)
    }
}
