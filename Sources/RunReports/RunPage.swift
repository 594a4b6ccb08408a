// The report of a run as one page that needs nothing else. All its numbers are those of `report.json` and of the files beside it.

public import JSON
internal import Pages

/// What a run left, to be looked at in a browser.
public struct RunPage: Sendable {
    /// What `report.json` holds.
    public var report: JSONValue
    /// What `run.json` says that the run is: base, digests, machine, fingerprint.
    public var identity: JSONValue
    /// The lines of `events.jsonl`.
    public var events: [JSONValue]
    /// The lines of `answers.jsonl`; empty where rows have no answers.
    public var answers: [JSONValue]
    /// The lines of `scores.jsonl`, the first of which says what the others hold; empty where no row was scored.
    public var scores: [JSONValue]
    /// The resolved recipe as YAML.
    public var recipe: String
    /// What does the same again, as a shell takes it.
    public var command: String
    /// That made the run.
    public var version: String
    /// Takes out of rows' texts what is not to be shown.
    public var cover: @Sendable (String) -> String

    /// A page of what `report.json` holds; all else is empty until it is set.
    ///
    /// - Parameter cover: takes out of rows' texts what is not to be shown.
    public init(report: JSONValue, cover: @escaping @Sendable (String) -> String) {
        self.report = report
        self.cover = cover
        (identity, events, answers, scores) = (.null, [], [], [])
        (recipe, command, version) = ("", "", "")
    }

    var name: String { report["name"]?.string ?? "run" }
    var evaluation: JSONValue? { report["evaluation"] }
    var trace: TrainingTrace { TrainingTrace(events) }

    /// The page's source.
    public var html: String {
        let trace = trace
        let sections = [
            verdictSection, distillationSection, curveSection(trace), healthSection, warningSection, answerSection,
            changedRowSection, sliceSection, labelSection, lengthSection, mergeSection, exportSection,
            costSection(trace), againSection,
        ]
        return PageFrame(
            kind: "Run report", title: name, name: "\(name): run report", tiles: tiles(trace), sections: sections,
            footer: [
                Markup("p", [:], "Made by lathe" + (version.isEmpty ? "." : " \(version).")),
                Markup(
                    "p", [:],
                    "Texts of rows are shown without personal data that is found in them; what is found is not all there is."
                ),
            ]
        ).source
    }

    /// What the stage took in all calls of the run, or else what the log says of its steps.
    private func trainingSeconds(_ trace: TrainingTrace) -> Double? {
        (report["stages"]?.array ?? []).first { $0["name"]?.string == "train" }?["seconds"]?.double ?? trace.seconds
    }

    private func tiles(_ trace: TrainingTrace) -> [Markup] {
        var tiles: [Markup] = []
        if let loss = Compared.loss(evaluation) {
            tiles.append(
                PageFrame.tile(
                    loss.verdict ?? "no interval", "verdict by held-out loss",
                    "\(Compared.number(loss.base)) → \(Compared.number(loss.adapter))"))
        }
        if let metric = Compared.metrics(evaluation).first {
            tiles.append(
                PageFrame.tile(
                    Compared.number(metric.adapter), Compared.words(metric.name),
                    "\(Compared.number(metric.base)) before" + (metric.verdict.map { ", \($0)" } ?? "")))
        }
        if let steps = report["steps"]?.integer {
            tiles.append(
                PageFrame.tile(
                    Figures.count(steps), steps == 1 ? "step" : "steps",
                    trainingSeconds(trace).map { "trained in \(Figures.duration($0))" } ?? ""))
        }
        if let bytes = report["peak_memory_bytes"]?.integer, bytes > 0 {
            tiles.append(PageFrame.tile(Figures.bytes(bytes), "memory at most"))
        }
        let health = report["health"]?.array ?? []
        tiles.append(
            PageFrame.tile(
                health.isEmpty ? "sound" : Figures.count(health.count), "health",
                health.isEmpty ? "no rule found anything" : health.count == 1 ? "finding" : "findings"))
        return tiles
    }
}
