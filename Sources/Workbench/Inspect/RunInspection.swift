// What a run directory holds: how far the run is, what it came to, and the command that goes on.

internal import Files
internal import Foundation
internal import JSON
internal import Vocabulary

/// Facts about a run directory.
struct RunInspection {
    private let url: URL
    let run: JSONValue
    /// What the run came to; nil where it has not come to its end, or what it left of that is damaged.
    let report: JSONValue?
    private let isReportDamaged: Bool
    private let events: [JSONValue]

    private let names: [String]

    /// nil where the folder is no run directory.
    init?(_ url: URL) throws(SystemError) {
        func bytes(_ name: String) throws(SystemError) -> [UInt8]? {
            try WholeFile.bytes(ifThere: url.appendingPathComponent(name))
        }
        guard try FileForm(at: url) == .folder,
            let run = try bytes("run.json").flatMap({ try? JSONValue(parsing: $0) }), run["name"]?.string != nil,
            try Folder.holds("recipe.yaml", in: url)
        else { return nil }
        self.url = url
        self.run = run
        let told = try bytes("report.json")
        report = told.flatMap { try? JSONValue(parsing: $0) }.flatMap { $0["adapter_sha256"]?.string == nil ? nil : $0 }
        isReportDamaged = told != nil && report == nil
        names = try Folder.names(in: url) ?? []
        let lines = try bytes("events.jsonl") ?? []
        // A line that was being written when the process ended is no event.
        events = lines.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(parsing: [UInt8]($0)) }
    }

    /// How far the run is.
    var summary: JSONObject {
        let steps = events.filter { $0["event"]?.string == "step" }
        let total = events.last { $0["event"]?.string == "training_started" }?["total_steps"]
        var object = JSONObject([
            ("kind", "run"), ("path", .string(url.path)), ("name", run["name"] ?? .null), ("state", .string(state)),
            ("steps", steps.last?["step"] ?? report?["steps"] ?? .integer(0)), ("total_steps", total ?? .null),
            ("base", run["base"] ?? .null), ("first_loss", steps.first?["loss"] ?? .null),
            ("last_loss", steps.last?["loss"] ?? report?["final_loss"] ?? .null),
        ])
        let heldOut = events.filter { $0["event"]?.string == "evaluated" }
        if let last = heldOut.last { object["held_out_loss"] = last["loss"] ?? .null }
        return object
    }

    var json: JSONValue {
        var object = summary
        object["health"] = .array(HealthRules.findings(in: RunTrace(events)).map(\.json))
        if let verdicts { object["verdicts"] = .object(verdicts) }
        object["holds"] = .array(contents.map { .string($0) })
        if state != "finished" { object["goes_on_with"] = .string(command) }
        return .object(object)
    }

    private var state: String {
        if report != nil { return "finished" }
        if isReportDamaged { return "damaged: report.json is no report of a run" }
        if events.last(where: { $0["event"]?.string == "finished" }) != nil {
            return "trained, not finished"
        }
        return events.contains { $0["event"]?.string == "step" } ? "stopped while training" : "begun"
    }

    /// The word for each metric.
    private var verdicts: JSONObject? {
        guard let evaluation = report?["evaluation"], let difference = evaluation["difference"] else { return nil }
        let compared =
            [("loss", difference)] + (evaluation["metrics"]?.object?.members ?? []).map { ($0.key, $0.value) }
        return JSONObject(
            compared.compactMap { name, value in value["verdict"].map { (name, $0.isNull ? "none" : $0) } })
    }

    private static let known: [(name: String, what: String)] = [
        ("adapter", "the adapter"), ("merged", "the merged model"), ("export", "exports"),
        ("prepared", "prepared rows"),
        ("tensorboard", "curves for TensorBoard"), ("report.md", "the report"),
        ("report.html", "the report as a page"),
        (AnswersFile.name, "answers of base and adapter"),
    ]

    private var contents: [String] {
        let found = Self.known.filter { names.contains($0.name) }.map { "\($0.name) (\($0.what))" }
        let checkpoints = names.filter { $0.hasPrefix("step-") && $0.hasSuffix(".h5") }
        return found + checkpoints.map { "\($0) (a checkpoint)" }
    }

    /// Run directories lie in `checkpoints` of the folder in which the run was begun, and paths in its command start there. A trial goes on
    /// with its sweep.
    private var command: String {
        let place = url.standardizedFileURL
        let sweep = SweepDirectory(place.deletingLastPathComponent().deletingLastPathComponent())
        let isTrial =
            sweep.trial(Int(place.lastPathComponent) ?? 0).path == place.path && (try? sweep.isMarked) == true
        let home = isTrial ? sweep.url : place
        let begun = home.deletingLastPathComponent().deletingLastPathComponent()
        let command = [
            "lathe", isTrial ? "sweep" : "run", "checkpoints/\(home.lastPathComponent)/recipe.yaml",
        ]
        return Invocation.command(["cd", begun.path]) + " && "
            + (run["command"]?.string ?? Invocation.command(command))
    }
}
