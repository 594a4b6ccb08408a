// What the run cost: time, memory, and energy where the machine tells it, stage by stage.

internal import JSON
internal import Pages

extension RunPage {
    func costSection(_ trace: TrainingTrace) -> PageSection {
        let stages = report["stages"]?.array ?? []
        let seconds = stages.compactMap { $0["seconds"]?.double }
        let joules = stages.compactMap { $0["joules"]?.double }
        var content: [Markup] = []
        if !stages.isEmpty {
            let rows = stages.map { stage in
                [
                    stage["name"]?.string ?? "", stage["seconds"]?.double.map { Figures.duration($0) } ?? "–",
                    Figures.bytes(stage["peak_memory_bytes"]?.integer ?? 0),
                ] + (joules.isEmpty ? [] : [stage["joules"]?.double.map { Self.energy($0) } ?? "–"])
            }
            let total = [
                [
                    "all", seconds.isEmpty ? "–" : Figures.duration(seconds.reduce(0, +)),
                    Figures.bytes(report["peak_memory_bytes"]?.integer ?? 0),
                ] + (joules.isEmpty ? [] : [Self.energy(joules.reduce(0, +))])
            ]
            content.append(
                FactTable(
                    caption: "Stages, with the most memory that each held",
                    headings: ["Stage", "Time", "Memory"] + (joules.isEmpty ? [] : ["Energy"]), rows: rows + total
                ).markup)
        }
        content.append(FactTable(caption: "Training", headings: ["What", "Value"], rows: training(trace)).markup)
        content.append(
            Markup(
                "p", ["class": "calm"],
                joules.isEmpty
                    ? "Energy is not known: the machine tells none, or not to this user (/sys/class/powercap)."
                    : "Energy is that of the processors' packages, with all else that ran on them meanwhile."))
        return PageSection(
            "cost", "What it cost", fact: seconds.isEmpty ? "" : Figures.duration(seconds.reduce(0, +)), content)
    }

    private func training(_ trace: TrainingTrace) -> [[String]] {
        var rows: [[String]] = []
        func add(_ name: String, _ text: String?) { if let text { rows.append([name, text]) } }
        add("trainable parameters", trace.parameters.map { Figures.count($0) })
        add("steps", report["steps"]?.integer.map { Figures.count($0) })
        add("time of the steps", trace.seconds.map { Figures.duration($0) })
        add("tokens", trace.tokens > 0 ? Figures.count(trace.tokens) : nil)
        add(
            "tokens a second",
            report["tokens_per_second"]?.double.flatMap { $0 > 0 && $0 < 1e12 ? Figures.count(Int($0.rounded())) : nil }
        )
        return rows
    }

    /// "8.2 Wh"; in joules where that is little.
    private static func energy(_ joules: Double) -> String {
        guard joules.isFinite, joules >= 0, joules < 1e15 else { return "–" }
        return joules < 3600
            ? "\(Figures.count(Int(joules.rounded()))) J" : "\(Figures.decimal(joules / 3600, places: 1)) Wh"
    }
}
