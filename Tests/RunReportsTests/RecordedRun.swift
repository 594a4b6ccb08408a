// Two small runs, as they lay in their folders: `sentences` writes texts, with slices, further sets, a merge and exports; `classes`
// labels texts. What no section of the page reads is left out: of `run.json` the keys and what stages came to, of `report.json` how
// rows were prepared and samples of them, of the recipe all but a line.

import Foundation
import JSON
import RunReports

/// A run that was recorded.
enum RecordedRun: String, CaseIterable {
    case sentences, classes

    private func text(_ name: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/\(rawValue)")
        return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    func json(_ name: String) throws -> JSONValue { try JSONValue(parsing: text(name)) }

    func lines(_ name: String) throws -> [JSONValue] {
        try text(name).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    func page(cover: @escaping @Sendable (String) -> String = { $0 }) throws -> RunPage {
        var page = RunPage(report: try json("report.json"), cover: cover)
        page.identity = try json("run.json")
        (page.events, page.answers) = (try lines("events.jsonl"), try lines("answers.jsonl"))
        page.scores = try lines("scores.jsonl")
        page.recipe = "name: \(rawValue)\n"
        (page.command, page.version) = ("lathe run 'my recipe.yaml'", "1.2.3")
        return page
    }
}

extension JSONValue {
    /// Each text of it changed, but for names of members.
    func mapped(_ change: (String) -> String) -> JSONValue {
        switch self {
        case .string(let text): .string(change(text))
        case .array(let values): .array(values.map { $0.mapped(change) })
        case .object(let object):
            .object(JSONObject(object.members.map { ($0.key, $0.value.mapped(change)) }))
        default: self
        }
    }

    /// The value with another one at `path`.
    func with(_ path: [String], _ value: JSONValue) -> JSONValue {
        guard let name = path.first else { return value }
        var object = self.object ?? JSONObject()
        object[name] = (object[name] ?? .object(JSONObject())).with(Array(path.dropFirst()), value)
        return .object(object)
    }
}
