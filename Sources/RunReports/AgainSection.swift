// Everything that is needed to run it again, and by which it is known that it is the same.

internal import JSON
internal import Pages

extension RunPage {
    var againSection: PageSection {
        var rows: [[FactTable.Cell]] = []
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { rows.append([.text(name), .code(value)]) }
        }
        add("command", command)
        add("version of lathe", version)
        add("base", identity["base"]?.string)
        add("SHA-256 of the base's weights", identity["base_sha256"]?.string)
        add("SHA-256 of the rows", identity["data_sha256"]?.string)
        add("SHA-256 of the adapter", report["adapter_sha256"]?.string)
        add("instruction set", identity["instruction_set"]?.string)
        add("threads", identity["threads"]?.integer.map { Figures.count($0) })
        for (name, value) in identity["libraries"]?.object?.members ?? [] { add(name, value.string) }
        add("directory", report["run_directory"]?.string)
        let parts = (identity["fingerprint"]?["parts"]?.object?.members ?? []).map {
            [FactTable.Cell.text($0.key), .code($0.value.string ?? $0.value.text())]
        }
        var content = [
            FactTable(caption: "What made the run", headings: ["What", "Value"], cells: rows, firstNumber: 2).markup
        ]
        if !parts.isEmpty {
            content.append(
                Markup(
                    "details", [:], Markup("summary", [:], "What its numbers depend on besides the recipe"),
                    FactTable(
                        caption: "Parts of the fingerprint", headings: ["What", "Value"], cells: parts, firstNumber: 2
                    )
                    .markup))
        }
        if !recipe.isEmpty {
            content.append(
                Markup(
                    "details", [:], Markup("summary", [:], "The recipe, with every default"),
                    Markup(
                        "pre",
                        ["class": "text", "tabindex": "0", "role": "group", "aria-label": "the recipe as YAML"],
                        Markup("code", [:], recipe))))
        }
        content.append(
            Markup(
                "p", ["class": "calm"],
                "The same recipe, base and rows give the same adapter, byte for byte, on the same instruction set with as "
                    + "many threads."
            ))
        return PageSection("again", "Run it again", content)
    }
}
