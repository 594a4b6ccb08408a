// Held-out rows of a run: what base and adapter made of them, a row token by token, and rows that a person marks as wrong.

internal import Files
internal import Foundation
internal import JSON
internal import Workbench

/// Rows of the runs of a folder.
struct StudioRows: Sendable {
    let folder: StudioFolder
    let command: StudioCommand

    /// All rows that the run kept, with the marks of persons.
    func rows(_ id: String) throws -> JSONValue {
        let url = try folder.run(id)
        var rows = Array(try lines(url.appendingPathComponent("answers.jsonl")))
        if rows.isEmpty {
            rows = try lines(url.appendingPathComponent("scores.jsonl")).dropFirst().enumerated().map(Self.scored)
        }
        let reviews = try marks(id)
        return [
            "rows": .array(rows), "reviews": .array(reviews), "path": .string(reviewName(id)),
            "step": try step(reviews),
            "has_report": .bool(try FileForm(at: url.appendingPathComponent("prepared/report.html")) == .file),
        ]
    }

    private func lines(_ url: URL) throws -> some Sequence<JSONValue> {
        (try WholeFile.bytes(ifThere: url) ?? []).split(separator: UInt8(ascii: "\n")).lazy
            .compactMap { try? JSONValue(parsing: [UInt8]($0)) }
    }

    /// A row of which only losses were kept: sums over its tokens, of base and adapter.
    private static func scored(_ index: Int, _ line: JSONValue) -> JSONValue {
        let sides = line["loss"]?.array ?? []
        func side(_ at: Int) -> JSONValue {
            guard sides.indices.contains(at), let sum = sides[at].array?.first?.double,
                let weight = sides[at].array?.last?.double, weight > 0
            else { return .null }
            return ["loss": .double(sum / weight)]
        }
        return ["index": .integer(index), "base": side(0), "adapter": side(1)]
    }

    // MARK: Tokens

    /// The row as it is trained on: its tokens, and which carry loss.
    func row(_ id: String, _ number: Int) async throws -> JSONValue {
        let recipe = try folder.run(id).appendingPathComponent("recipe.yaml").path
        return try await command.json(["inspect", recipe, "--example", String(number), "--held-out"])
    }

    /// Keys that say what tokens a row becomes, and how they are read.
    private static let keys = [
        "data.format", "data.columns", "data.prompt_style", "data.system", "data.max_length", "data.too_long",
        "data.train_on_prompt", "data.train_on", "data.template", "data.template_date", "data.roles",
    ]

    /// The loss of each token of a row, of the base and with the adapter; null where a token carries none.
    func losses(_ id: String, _ number: Int) async throws -> JSONValue {
        let url = try folder.run(id), example = try await row(id, number)
        guard let run = try WatchedRun(url), let base = run.base else { throw StudioError.unknown }
        let text = try line(example["place"]?.string ?? "")
        var settings: [String] = []
        for key in Self.keys {
            guard let value = run.keys[key]?.string else { continue }
            settings += ["--set", key + "=" + value]
        }
        let expected: [JSONValue] = (example["sequences"]?.array ?? []).map { $0["ids"] ?? .null }
        let adapter = ["--adapter", url.appendingPathComponent("adapter").path], all = settings
        return try await command.withFile("row.jsonl", text + "\n") { file in
            let rest = ["--data", file, "--tokens", "--json", "--quiet"] + all
            let before = try await losses(["score", "--model", base] + rest, of: expected)
            let after = try await losses(["score", "--model", base] + adapter + rest, of: expected)
            return ["base": before, "adapter": after]
        }
    }

    /// What a call of `lathe score` says of the tokens of a row.
    ///
    /// - Parameter expected: the ids of its sequences.
    private func losses(_ arguments: [String], of expected: [JSONValue]) async throws -> JSONValue {
        var losses: [JSONValue] = [], ids: [JSONValue] = []
        for bytes in try await command.output(arguments).split(separator: UInt8(ascii: "\n")) {
            let line = try JSONValue(parsing: [UInt8](bytes))
            ids.append(line["ids"] ?? .null)
            losses.append(Self.losses(line))
        }
        guard ids == expected else {
            throw StudioError(
                422,
                "the run reads other tokens of this row (data.steps, data.chat_template), so they are not scored by themselves"
            )
        }
        return .array(losses)
    }

    private static func losses(_ line: JSONValue) -> JSONValue {
        .array((line["logprobs"]?.array ?? []).map { value in value.double.map { .double(-$0) } ?? .null })
    }

    /// The line of a JSON Lines file that a place names: `held.jsonl:6`.
    private func line(_ place: String) throws -> String {
        guard let (path, number) = Self.parts(place), path.hasSuffix(".jsonl") else {
            throw StudioError(422, "\(place): rows of JSON Lines files can be scored token by token")
        }
        let lines = try WholeFile.bytes(file(path).path).split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { throw StudioError(422, "\(place) is not there any more") }
        return String(decoding: lines[number - 1], as: UTF8.self)
    }

    /// The file that a place names, and the number of a line in it.
    private static func parts(_ place: String) -> (path: String, number: Int)? {
        guard let colon = place.lastIndex(of: ":"), let number = Int(place[place.index(after: colon)...]), number > 0
        else { return nil }
        return (String(place[..<colon]), number)
    }

    /// A file as the runs of the workplace name it.
    private func file(_ path: String) -> URL {
        path.hasPrefix("/") ? URL(fileURLWithPath: path) : command.workplace.appendingPathComponent(path)
    }

    // MARK: Reviews

    private func reviewName(_ id: String) -> String { "reviews/\(id.replacing("/", with: "-")).jsonl" }

    /// The last mark of each row that is marked.
    private func marks(_ id: String) throws -> [JSONValue] {
        var marks: [(index: Int, line: JSONValue)] = []
        for line in try lines(command.workplace.appendingPathComponent(reviewName(id))) {
            guard let index = line["index"]?.integer else { continue }
            marks.removeAll { $0.index == index }
            if line["wrong"]?.bool == true { marks.append((index, line)) }
        }
        return marks.map(\.line)
    }

    /// Appends a mark to the review file, which only grows: of several of one row the last counts.
    func mark(_ id: String, _ body: JSONValue) async throws -> JSONValue {
        guard let index = body["index"]?.integer, index >= 0, let isWrong = body["wrong"]?.bool else {
            throw StudioError(400, "a mark holds index and wrong")
        }
        // Where the row stands, the run knows.
        let place = try await row(id, index)["place"]?.string ?? ""
        var mark = JSONObject([
            ("time", .string(ISO8601DateFormatter().string(from: Date()))), ("index", .integer(index)),
            ("place", .string(place)), ("wrong", .bool(isWrong)), ("note", .string(body["note"]?.string ?? "")),
        ])
        if let row = try? JSONValue(parsing: line(place)) { mark["row"] = row }
        let url = command.workplace.appendingPathComponent(reviewName(id))
        try Folder.make(url.deletingLastPathComponent())
        try AppendedFile(url).append(Array((JSONValue.object(mark).text() + "\n").utf8))
        let reviews = try marks(id)
        return ["path": .string(reviewName(id)), "step": try step(reviews), "reviews": .array(reviews)]
    }

    /// The marked rows as a data step that leaves them out, and no other row of their files; null where no field tells them apart.
    private func step(_ reviews: [JSONValue]) throws -> JSONValue {
        let marked = reviews.compactMap { $0["row"]?.object }
        guard let first = marked.first, marked.count == reviews.count else { return .null }
        let fields = first.members.map(\.key).filter { field in marked.allSatisfy { $0[field]?.string != nil } }
        let texts = fields.map { field in Set(marked.compactMap { $0[field]?.string }) }
        var counts = [Int](repeating: 0, count: fields.count)
        let files = Set(reviews.compactMap { $0["place"]?.string.flatMap(Self.parts)?.path })
        for path in files.sorted() {
            for row in try lines(file(path)) {
                for (index, field) in fields.enumerated() {
                    if let text = row[field]?.string, texts[index].contains(text) { counts[index] += 1 }
                }
            }
        }
        guard let field = zip(fields, counts).first(where: { $0.1 == marked.count })?.0 else { return .null }
        let values = JSONValue.array(marked.compactMap { $0[field] })
        let names = JSONValue.object(JSONObject([(field, values)])).text()
        return .string("data:\n  steps:\n    - filter: {where_not: \(names)}\n")
    }
}
