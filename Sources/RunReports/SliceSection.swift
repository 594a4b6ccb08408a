// Base and adapter on parts of the held-out rows: by the values of a field.

internal import JSON
internal import Pages

extension RunPage {
    var sliceSection: PageSection {
        let fields = evaluation?["slices"]?.object?.members ?? []
        guard !fields.isEmpty else {
            return PageSection("slices", "Slices", nothing: "evaluate.slices names no field of the held-out rows.")
        }
        let content = fields.map { field, values in
            let cells = (values.object?.members ?? []).flatMap { value, set in
                (Compared.loss(set).map { [$0] } ?? []).map { ($0, value) } + Compared.metrics(set).map { ($0, value) }
            }
            return FactTable(
                caption: "By \(field)", headings: [field, "Metric"] + Compared.headings,
                cells: cells.map { metric, value in
                    [.text(cover(value)), .text(Compared.words(metric.name))] + metric.cells
                }, firstNumber: 2, shownCount: 60
            ).markup
        }
        let cluster = evaluation?["cluster_by"]?.string.map {
            [Markup("p", ["class": "calm"], "Rows of the same \($0) are drawn together for the intervals.")]
        }
        return PageSection(
            "slices", "Slices", fact: "by " + fields.map(\.key).joined(separator: ", "), content + (cluster ?? []))
    }
}
