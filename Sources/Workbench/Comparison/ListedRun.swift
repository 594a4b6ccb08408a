// One line of `lathe runs`: what a folder holds, as far as it can be told.

internal import Files
internal import Foundation
internal import JSON
internal import Recipes
internal import Vocabulary

/// A run, a sweep, or what is left of one.
struct ListedRun {
    /// Shown values; nil where nothing tells them.
    private(set) var facts: JSONObject
    let changed: Date?

    var name: String { facts["name"]?.string ?? "" }

    /// nil where the folder is nothing of the kind: a model, rows, another program's.
    init?(_ url: URL) throws {
        let run = RunDirectory(planned: url), sweep = SweepDirectory(url)
        let process = FolderLock.process(holding: url)
        if let found = try Self.sweep(sweep) ?? Self.run(run) {
            facts = found
        } else if try sweep.isMarked {
            facts = Self.facts(url, "sweep", name: nil, state: "damaged: sweep.json cannot be read")
        } else if try process != nil || Self.isBegun(run) {
            facts = Self.facts(url, "run", name: nil, state: try Self.damage(run))
        } else {
            return nil
        }
        if let process {
            facts["state"] = .string("running")
            facts["process"] = .integer(process)
        }
        changed = try [run.report, run.events, run.run, sweep.record, url].lazy.compactMap(Self.date).first
        facts["changed"] = changed.map { .string(ISO8601DateFormatter().string(from: $0)) } ?? .null
    }

    /// A folder that cannot be looked into.
    init(_ url: URL, because error: any Error) {
        let reason = (error as? SystemError).map { error in
            "\(URL(fileURLWithPath: error.path).lastPathComponent) \(error.problem): \(error.cause)"
        }
        facts = Self.facts(url, "run", name: nil, state: reason ?? String("\(error)".prefix { $0 != "\n" }))
        facts["changed"] = .null
        changed = nil
    }

    private static func date(_ url: URL) throws -> Date? {
        try FileForm(at: url) == nil
            ? nil : try FileManager.default.attributesOfItem(atPath: url.path)[.modificationDate] as? Date
    }

    /// Says how far a trial is, which its own folder does not know.
    mutating func take(_ outcomes: [TrialOutcome]) {
        switch outcomes.last {
        case .scored(_, let loss)?:
            facts["state"] = .string(String(format: "round %d, validation loss %.4f", outcomes.count, loss))
            facts["validation_loss"] = .double(loss)
        case .failed(let reason)?: facts["state"] = .string(reason)
        case nil: break
        }
    }

    // MARK: Kinds

    private static func facts(_ url: URL, _ kind: String, name: String?, state: String) -> JSONObject {
        JSONObject([
            ("name", .string(name ?? url.lastPathComponent)), ("path", .string(url.path)), ("kind", .string(kind)),
            ("state", .string(state)),
        ])
    }

    private static func run(_ run: RunDirectory) throws -> JSONObject? {
        guard let inspection = try RunInspection(run.url) else { return nil }
        let found = inspection.summary
        var facts = facts(
            run.url, "run", name: found["name"]?.string, state: found["state"]?.string ?? "")
        let keys = inspection.run["fingerprint"]?["recipe"]
        facts["model"] = found["base"]?.string.map { .string(URL(fileURLWithPath: $0).lastPathComponent) } ?? .null
        facts["method"] = keys?["adapter.method"] ?? .null
        // Keys at the values that they always had stand nowhere.
        facts["task"] = keys?["task"] ?? .string(TaskKind.generate.rawValue)
        facts["objective"] = keys?["train.objective"] ?? .string(ObjectiveKind.crossEntropy.rawValue)
        facts["steps"] = found["steps"] ?? .null
        facts["total_steps"] = found["total_steps"] ?? .null
        facts["held_out_loss"] = found["held_out_loss"] ?? .null
        add(inspection.report?["evaluation"], to: &facts)
        return facts
    }

    private static func sweep(_ sweep: SweepDirectory) throws -> JSONObject? {
        guard let record = try SweepRecord(sweep.record) else { return nil }
        // The page is written last.
        let isFinished = try FileForm(at: sweep.page) != nil
        var facts = facts(sweep.url, "sweep", name: record.name, state: isFinished ? "finished" : "stopped")
        facts["trials"] = .integer(record.outcomes.count)
        facts["steps"] = .integer(record.stepsDone)
        add(record.evaluation?.json, to: &facts)
        return facts
    }

    /// What held-out rows said.
    private static func add(_ evaluation: JSONValue?, to facts: inout JSONObject) {
        guard let difference = evaluation?["difference"] else { return }
        facts["verdict"] = difference["verdict"] ?? .null
        facts["difference"] = difference["loss"] ?? .null
        facts["ci95"] = difference["ci95"] ?? .null
    }

    /// Whether there is something of a run, and not the whole of its notes.
    private static func isBegun(_ run: RunDirectory) throws -> Bool {
        if try run.files.isMarked { return true }
        return try [run.run, run.events, run.prepared].contains { try FileForm(at: $0) != nil }
    }

    private static func damage(_ run: RunDirectory) throws -> String {
        guard let bytes = try WholeFile.bytes(ifThere: run.run) else {
            return try FileForm(at: run.prepared) == nil ? "half-written: no run.json" : "prepared rows, no run yet"
        }
        if (try? JSONValue(parsing: bytes)) == nil { return "damaged: run.json is no JSON" }
        return try FileForm(at: run.recipe) == nil ? "half-written: no recipe.yaml" : "damaged: run.json names no run"
    }
}
