// What was proven of the merged model and of each export before they took their places.

internal import JSON
internal import Pages

extension RunPage {
    var mergeSection: PageSection {
        guard let merge = report["merge"] else {
            return PageSection("merge", "Merge", nothing: "Nothing was merged: merge.enabled asks for it.")
        }
        let passed = merge["passed"]?.bool == true
        var rows = [
            ["written to", merge["output"]?.string ?? "–"],
            [
                "factor pairs applied",
                "\(Self.count(merge["tensors_applied"])) of \(Self.count(merge["tensors_expected"]))",
            ],
            ["size of the change, ‖ΔW‖", Compared.number(merge["delta_norm"]?.double)],
            [
                "weights read back that are not base + adapter, rounded",
                "\(Self.count(merge["weights_not_the_sum"])) of \(Self.count(merge["weights_compared"]))",
            ],
            ["mean difference of logits", Figures.small(merge["mean_abs_logit_difference"]?.double)],
            ["largest difference of logits", Figures.small(merge["max_abs_logit_difference"]?.double)],
            ["same first choice", Self.share(merge["top1_agreement"])],
            ["of the adapter's change in the weights", Self.share(merge["surviving_share"])],
            ["probe's loss: base", Compared.number(merge["base"]?["loss"]?.double)],
            ["probe's loss: base + adapter", Compared.number(merge["adapter"]?["loss"]?.double)],
            ["probe's loss: merged", Compared.number(merge["merged"]?["loss"]?.double)],
            ["type of the weights", merge["type"]?.string ?? "–"],
            ["SHA-256 of the base's weights", merge["base_sha256"]?.string ?? "–"],
        ]
        if let trained = merge["trained_on_this_base"]?.bool {
            rows.append(["the adapter was trained on this base", trained ? "yes" : "no"])
        }
        let norms = (merge["delta_norms"]?.object?.members ?? []).map { [$0.key, Compared.number($0.value.double)] }
        var content = [
            FactTable(caption: "Certificate of the merge", headings: ["What", "Value"], rows: rows, firstNumber: 2)
                .markup
        ]
        content += Self.list(merge["failures"]) + Self.list(merge["allowed"])
        if !norms.isEmpty {
            content.append(
                Markup(
                    "details", [:],
                    Markup("summary", [:], "The change of each of \(Figures.count(norms.count, "layer"))"),
                    FactTable(caption: "‖ΔW‖ of each layer", headings: ["Layer", "‖ΔW‖"], rows: norms).markup))
        }
        return PageSection("merge", "Merge", fact: passed ? "proven" : "FAILED", content)
    }

    var exportSection: PageSection {
        let exports = report["exports"]?.array ?? []
        guard !exports.isEmpty else { return PageSection("exports", "Exports", nothing: "The recipe exports nothing.") }
        let content = exports.flatMap { export -> [Markup] in
            let type = export["type"]?.string.map { " in \($0)" } ?? ""
            return [Markup("h3", [:], "\(export["format"]?.string ?? "")\(type)")] + Self.certificate(export)
        }
        return PageSection("exports", "Exports", fact: Figures.count(exports.count), content)
    }

    private static func certificate(_ export: JSONValue) -> [Markup] {
        let check = export["check"]
        var rows = [
            ["written to", export["path"]?.string ?? "–"], ["size", Figures.bytes(export["bytes"]?.integer ?? 0)],
            ["SHA-256", export["sha256"]?.string ?? "–"],
        ]
        // Whatever the check has measured, under its own names.
        for (name, value) in check?.object?.members ?? [] {
            let words = Compared.words(name)
            switch value {
            case .bool(let holds) where name == "passed": rows.append(["check", holds ? "passed" : "FAILED"])
            case .bool(let holds): rows.append([words, holds ? "yes" : "no"])
            case .string(let text): rows.append([words, text])
            case .integer(let count): rows.append([words, Figures.count(count)])
            case .double: rows.append([words, Figures.small(value.double) + interval(check?["ci95"]?[name])])
            default: break
            }
        }
        var content = [
            FactTable(
                caption: "Certificate of \(export["format"]?.string ?? "")", headings: ["What", "Value"], rows: rows,
                firstNumber: 2
            ).markup
        ]
        content += list(export["notes"]) + list(check?["failures"]) + list(check?["allowed"])
        let tensors = (check?["tensors"]?.array ?? []).map {
            [
                $0["path"]?.string ?? "", $0["type"]?.string ?? "", share($0["surviving_share"]),
                Compared.number($0["delta_norm"]?.double),
            ]
        }
        guard !tensors.isEmpty else { return content }
        content.append(
            Markup(
                "details", [:], Markup("summary", [:], "What is left of the change in each tensor"),
                FactTable(
                    caption: "Tensors that the adapter changes", headings: ["Tensor", "Type", "Left", "‖ΔW‖"],
                    rows: tensors, firstNumber: 2
                ).markup))
        return content
    }

    private static func interval(_ bounds: JSONValue?) -> String {
        let values = (bounds?.array ?? []).compactMap(\.double)
        return values.count == 2 ? " (95% interval \(Figures.small(values[0])) to \(Figures.small(values[1])))" : ""
    }

    private static func list(_ lines: JSONValue?) -> [Markup] {
        let lines = (lines?.array ?? []).compactMap(\.string)
        return lines.isEmpty ? [] : [Markup("ul", [:], children: lines.map { Markup("li", [:], $0) })]
    }

    private static func count(_ value: JSONValue?) -> String { value?.integer.map { Figures.count($0) } ?? "–" }

    private static func share(_ value: JSONValue?) -> String { value?.double.map { Figures.percent($0) } ?? "–" }
}
