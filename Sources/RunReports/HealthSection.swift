// What the run showed to be wrong, in words, and what was warned of.

internal import JSON
internal import Pages

extension RunPage {
    var healthSection: PageSection {
        let findings = report["health"]?.array ?? []
        guard !findings.isEmpty else {
            return PageSection("health", "Health", nothing: "No rule found anything wrong with how the run learnt.")
        }
        let items = findings.map { finding -> Markup in
            let evidence = (finding["evidence"]?.object?.members ?? []).map {
                [Compared.words($0.key), Compared.number($0.value.double)]
            }
            let step = finding["step"]?.integer.map { "from step \(Figures.count($0))" }
            return Markup(
                "article", ["class": "pair"],
                Markup(
                    "h3", [:], Markup(Compared.words(finding["name"]?.string ?? "")),
                    step.map { Markup("small", [:], $0) } ?? .empty),
                Markup("p", [:], cover(finding["words"]?.string ?? "")),
                Markup(
                    "p", [:], Markup("What to do: "), Markup("code", [:], finding["key"]?.string ?? ""),
                    Markup(": " + (finding["advice"]?.string ?? ""))),
                evidence.isEmpty
                    ? .empty
                    : Markup(
                        "details", [:], Markup("summary", [:], "The numbers"),
                        FactTable(caption: "What says so", headings: ["What", "Value"], rows: evidence).markup))
        }
        return PageSection(
            "health", "Health", fact: Figures.count(findings.count, "finding"), items)
    }

    var warningSection: PageSection {
        var rows: [[String]] = []
        func add(_ name: String, _ warnings: JSONValue?) {
            rows += (warnings?.array ?? []).compactMap(\.string).map { [name, cover($0)] }
        }
        add("data", report["data"]?["warnings"])
        add("evaluation", evaluation?["warnings"])
        add("merge", report["merge"]?["warnings"])
        for export in report["exports"]?.array ?? [] {
            add("export \(export["format"]?.string ?? "")", export["warnings"])
        }
        guard !rows.isEmpty else { return PageSection("warnings", "Warnings", nothing: "No stage warned of anything.") }
        return PageSection(
            "warnings", "Warnings", fact: Figures.count(rows.count),
            [
                FactTable(caption: "What stages warned of", headings: ["Stage", "Warning"], rows: rows, firstNumber: 2)
                    .markup
            ])
    }
}
