// Rows that the adapter gained and lost: how many by each metric, and those on which most changed.

internal import JSON
internal import Pages

extension RunPage {
    /// Rows shown of each kind.
    private static let shownRows = 6

    var changedRowSection: PageSection {
        let found = RowCounts(scores), counts = found.metrics
        let rows = answers.map { AnsweredRow($0, cover) }
        guard !counts.isEmpty || rows.contains(where: { !$0.changes.isEmpty }) else {
            return PageSection(
                "changed", "Rows gained and lost", nothing: "No row was scored with base and adapter, one by one.")
        }
        var content: [Markup] = []
        if !counts.isEmpty {
            content.append(
                FactTable(
                    caption: "Held-out rows on which the adapter is better and worse than the base",
                    headings: ["Metric", "Better", "The same", "Worse"],
                    rows: counts.map {
                        [Compared.words($0.name)] + [$0.better, $0.same, $0.worse].map { Figures.count($0) }
                    }
                ).markup)
            content.append(
                BarTable(
                    headings: ["Metric", "", "Better"],
                    rows: counts.map {
                        BarTable.Row(
                            name: Compared.words($0.name),
                            parts: [("kept", $0.better), ("context", $0.same), ("cut", $0.worse)],
                            figures: [Figures.percent($0.better, of: $0.total)], whole: max(1, $0.total))
                    }, whole: 1
                ).markup)
        }
        let ranked = Self.ranked(rows, lowerIsBetter: found.lowerIsBetter)
        for (title, shown) in [("Gained most", ranked.gained), ("Lost most", ranked.lost)] where !shown.isEmpty {
            content.append(Markup("h3", ["class": "side"], title))
            content += shown.prefix(Self.shownRows).map(\.markup)
        }
        return PageSection(
            "changed", "Rows gained and lost",
            fact: counts.first.map {
                "\(Figures.count($0.better)) better, \(Figures.count($0.worse)) worse by \(Compared.words($0.name))"
            }
                ?? "", content)
    }

    /// Rows that became better and worse, those first on which most changed: by the first metric, of equal ones by the loss.
    private static func ranked(_ rows: [AnsweredRow], lowerIsBetter: Set<String>) -> (
        gained: [AnsweredRow], lost: [AnsweredRow]
    ) {
        let gains = rows.enumerated().map { place, row -> (place: Int, metric: Double, loss: Double) in
            let first = row.changes.first { $0.name != "loss" }
            let metric = first.map { lowerIsBetter.contains($0.name) ? -$0.value : $0.value } ?? 0
            return (place, metric, -(row.changes.first { $0.name == "loss" }?.value ?? 0))
        }
        // Where no metric moved, losses say it.
        let byLoss = gains.allSatisfy { $0.metric == 0 }
        func size(_ gain: (place: Int, metric: Double, loss: Double)) -> Double { byLoss ? gain.loss : gain.metric }
        let gained = gains.filter { size($0) > 0 }.sorted {
            (size($1), $1.loss, $0.place) < (size($0), $0.loss, $1.place)
        }
        let lost = gains.filter { size($0) < 0 }.sorted {
            (size($0), $0.loss, $0.place) < (size($1), $1.loss, $1.place)
        }
        return (gained.map { rows[$0.place] }, lost.map { rows[$0.place] })
    }
}

/// How many rows became better and worse by each metric.
private struct RowCounts {
    struct Metric {
        let name: String
        var better = 0
        var same = 0
        var worse = 0
        var total: Int { better + same + worse }
    }

    private(set) var metrics: [Metric] = []
    private(set) var lowerIsBetter: Set<String> = ["loss", "perplexity", "mae", "rmse", "ece"]

    /// - Parameter lines: of `scores.jsonl`.
    init(_ lines: [JSONValue]) {
        for named in lines.first?["metrics"]?.array ?? [] {
            guard let name = named["name"]?.string else { continue }
            let isHigher = named["higher_is_better"]?.bool ?? true
            if isHigher { lowerIsBetter.remove(name) } else { lowerIsBetter.insert(name) }
            var metric = Metric(name: name)
            for line in lines.dropFirst() {
                guard let sides = line[name]?.array, sides.count == 2, let base = Self.value(sides[0]),
                    let adapter = Self.value(sides[1])
                else { continue }
                let gain = isHigher ? adapter - base : base - adapter
                if gain > 0 { metric.better += 1 } else if gain < 0 { metric.worse += 1 } else { metric.same += 1 }
            }
            if metric.total > 0 { metrics.append(metric) }
        }
    }

    /// A sum over its weight.
    private static func value(_ term: JSONValue) -> Double? {
        guard let sum = term.array?.first?.double, let weight = term.array?.last?.double, weight > 0 else { return nil }
        return sum / weight
    }
}
