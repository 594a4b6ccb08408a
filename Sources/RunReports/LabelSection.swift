// Labels and spans: a table by class, what was taken for what, how sure the model is.

internal import JSON
internal import Pages

extension RunPage {
    var labelSection: PageSection {
        let found = [("Labels", evaluation?["classification"]), ("Spans", evaluation?["spans"])]
        let content = found.flatMap { name, classes in classes.map { classTables(name, $0) } ?? [] }
        guard !content.isEmpty else {
            return PageSection("labels", "Classes", nothing: "The held-out rows have neither labels nor spans.")
        }
        let count = found.compactMap { $0.1?["labels"]?.array?.count }.reduce(0, +)
        return PageSection("labels", "Classes", fact: Figures.count(count, "class", plural: "classes"), content)
    }

    private static let averages = ["micro", "macro", "weighted", "samples"]

    private func classTables(_ name: String, _ classes: JSONValue) -> [Markup] {
        let sides = ["base", "adapter"].filter { classes[$0] != nil }
        let labels = (classes["labels"]?.array ?? []).compactMap(\.string)
        func scores(_ path: (JSONValue) -> JSONValue?) -> [String] {
            let found = sides.map { classes[$0].flatMap(path) }
            let support = found.first.flatMap { $0?["support"]?.integer }.map { Figures.count($0) } ?? "–"
            return [support]
                + found.flatMap { side in
                    ["precision", "recall", "f1"].map { Compared.number(side?[$0]?.double) }
                }
        }
        var rows = labels.map { label in [cover(label)] + scores { $0["per_class"]?[label] } }
        for average in Self.averages where classes[sides.first ?? ""]?[average] != nil {
            rows.append(["\(average) average"] + scores { $0[average] })
        }
        let columns = sides.flatMap { side in ["precision", "recall", "F1"].map { "\(side) \($0)" } }
        var content = [
            FactTable(
                caption: "\(name) of base and adapter", headings: ["Class", "Rows"] + columns,
                cells: rows.map { $0.map { .text($0) } }, shownCount: 60
            ).markup
        ]
        content += sides.flatMap { confusion($0, classes[$0], labels) }
        if let test = classes["mcnemar"] { content.append(Markup("p", [:], Self.words(test))) }
        content += sides.flatMap { calibration($0, classes[$0]) }
        return content
    }

    /// Classes of which the matrix is shown.
    private static let mostColumns = 20

    private func confusion(_ side: String, _ scores: JSONValue?, _ labels: [String]) -> [Markup] {
        let counts = (scores?["confusion_matrix"]?.array ?? []).map { ($0.array ?? []).map { $0.integer ?? 0 } }
        guard !counts.isEmpty, counts.count == labels.count else { return [] }
        let missing = (scores?["without_prediction"]?.array ?? []).map { $0.integer ?? 0 }
        guard labels.count <= Self.mostColumns else { return [mostConfused(side, counts, labels)] }
        let columns = labels.map { cover($0) } + (missing.isEmpty ? [] : ["none"])
        let cells = labels.indices.map { row -> [FactTable.Cell] in
            let own = counts[row] + (missing.isEmpty ? [] : [row < missing.count ? missing[row] : 0])
            let whole = max(1, own.reduce(0, +))
            return [.text(cover(labels[row]))]
                + own.enumerated().map { column, count in
                    .markup(Self.shaded(count, of: whole, isRight: column == row))
                }
        }
        return [
            FactTable(
                caption: "\(side): labels as they are, by row, and what they were taken for, by column",
                headings: ["Label"] + columns, cells: cells
            ).markup
        ]
    }

    /// A count on a ground that is the stronger the larger its share of the row is.
    private static func shaded(_ count: Int, of whole: Int, isRight: Bool) -> Markup {
        let tenths = count == 0 ? 0 : max(1, 10 * count / whole)
        return Markup("span", ["class": "shade \(isRight ? "right" : "wrong") s\(tenths)"], Figures.count(count))
    }

    private func mostConfused(_ side: String, _ counts: [[Int]], _ labels: [String]) -> Markup {
        var pairs: [(truth: Int, taken: Int, rows: Int)] = []
        for truth in labels.indices {
            for taken in labels.indices where taken != truth && taken < counts[truth].count && counts[truth][taken] > 0
            {
                pairs.append((truth, taken, counts[truth][taken]))
            }
        }
        pairs.sort { ($1.rows, $0.truth, $0.taken) < ($0.rows, $1.truth, $1.taken) }
        return FactTable(
            caption: "\(side): most often confused", headings: ["Label", "Taken for", "Rows"],
            rows: pairs.prefix(Self.mostColumns).map {
                [cover(labels[$0.truth]), cover(labels[$0.taken]), Figures.count($0.rows)]
            }, firstNumber: 2
        ).markup
    }

    private static func words(_ test: JSONValue) -> String {
        let (adapter, base) = (test["only_adapter_right"]?.integer ?? 0, test["only_base_right"]?.integer ?? 0)
        return "McNemar: the adapter alone is right on \(Figures.count(adapter, "row")), the base alone on "
            + "\(Figures.count(base)); p = \(Figures.small(test["p_value"]?.double))"
            + (test["exact"]?.bool == true ? ", exact." : ".")
    }

    /// How often the model is right where it is as sure as that.
    private func calibration(_ side: String, _ scores: JSONValue?) -> [Markup] {
        let bins = (scores?["calibration"]?.array ?? []).filter { ($0["rows"]?.integer ?? 0) > 0 }
        guard !bins.isEmpty else { return [] }
        let rows = bins.map { bin in
            [
                "\(Figures.percent(bin["from"]?.double ?? 0)) to \(Figures.percent(bin["to"]?.double ?? 0))",
                Figures.count(bin["rows"]?.integer ?? 0), Figures.percent(bin["confidence"]?.double ?? 0),
                Figures.percent(bin["accuracy"]?.double ?? 0),
            ]
        }
        return [
            Markup(
                "details", [:], Markup("summary", [:], "\(side): how sure it is, and how often it is right"),
                FactTable(
                    caption: "Calibration of \(side)", headings: ["As sure as", "Rows", "Sure on average", "Right"],
                    rows: rows
                ).markup)
        ]
    }
}
