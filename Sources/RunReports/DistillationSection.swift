// What distillation was worth: the student beside its teacher and itself before.

internal import JSON
internal import Pages

extension RunPage {
    var distillationSection: PageSection {
        guard let found = report["distillation"] else {
            return PageSection("distillation", "Distillation", nothing: "The recipe has no teacher that was measured.")
        }
        let sides = found["sides"]?.object?.members ?? []
        let names = sides.first?.value.object?.members.map(\.key) ?? []
        let rows = names.map { name in
            [Compared.words(name)]
                + sides.map { side in
                    let value = side.value[name]
                    return name == "bytes"
                        ? (value?.integer).map { Figures.bytes($0) } ?? "–" : Compared.number(value?.double)
                }
        }
        var content = [
            FactTable(
                caption: "Student, teacher and what else was measured, on the same held-out rows",
                headings: ["Measure"] + sides.map { Compared.words($0.key) }, rows: rows
            ).markup
        ]
        for (other, metrics) in found["student_against"]?.object?.members ?? [] {
            let compared = (metrics.object?.members ?? []).map { Compared.difference($0.key, $0.value) }
            content.append(Compared.table("Student against \(Compared.words(other))", compared))
        }
        let faults = (found["faults"]?.array ?? []).compactMap(\.string)
        if !faults.isEmpty { content.append(Markup("ul", [:], children: faults.map { Markup("li", [:], $0) })) }
        let lead = found["share_of_lead"]?.double.map { ", \(Figures.percent($0)) of the teacher's lead" } ?? ""
        return PageSection(
            "distillation", "Distillation", fact: (found["verdict"]?.string ?? "") + lead, content)
    }
}
