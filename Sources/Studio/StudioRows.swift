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
        var rows = try lines(url.appendingPathComponent("answers.jsonl"))
        if rows.isEmpty {
            rows = try lines(url.appendingPathComponent("scores.jsonl")).dropFirst().enumerated().map(Self.scored)
        }
        let reviews = try marks(id)
        return [
            "rows": .array(rows), "reviews": .array(reviews), "path": .string(reviewName(id)),
            "step": step(id, reviews),
            "has_report": .bool(try FileForm(at: url.appendingPathComponent("prepared/report.html")) == .file),
        ]
    }

    private func lines(_ url: URL) throws -> [JSONValue] {
        (try WholeFile.bytes(ifThere: url) ?? []).split(separator: UInt8(ascii: "\n"))
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

    /// The file of the rows as the run read them.
    private func prepared(_ id: String) throws -> String {
        let file = try folder.run(id).appendingPathComponent("prepared/examples.h5")
        guard try FileForm(at: file) == .file else {
            throw StudioError(422, "the run keeps no prepared rows: lathe prepare makes them anew")
        }
        return file.path
    }

    /// The row as the run read it: its tokens, and which carry loss.
    func row(_ id: String, _ number: Int) async throws -> JSONValue {
        try await command.json(["inspect", try prepared(id), "--example", String(number), "--held-out"])
    }

    /// The loss of each token of a row, of the base and with the adapter, a list for each of its sequences; null where a token has
    /// none.
    func losses(_ id: String, _ number: Int) async throws -> JSONValue {
        let url = try folder.run(id)
        guard let base = try WatchedRun(url)?.base else { throw StudioError.unknown }
        let adapter = ["--adapter", url.appendingPathComponent("adapter").path]
        let rest = ["--data", try prepared(id), "--row", String(number), "--tokens"]
        let before = try await command.json(["score", "--model", base] + rest)
        let after = try await command.json(["score", "--model", base] + adapter + rest)
        return ["base": Self.losses(before), "adapter": Self.losses(after)]
    }

    /// What `lathe score` says of a row's tokens, sequence by sequence.
    private static func losses(_ row: JSONValue) -> JSONValue {
        var losses = (row["logprobs"]?.array ?? []).map { $0.double.map { JSONValue.double(-$0) } ?? .null }[...]
        let counts = row["parts"]?.array?.compactMap(\.integer) ?? [losses.count]
        return .array(
            counts.map { count in
                defer { losses = losses.dropFirst(count) }
                return .array(Array(losses.prefix(count)))
            })
    }

    // MARK: Reviews

    private func reviewName(_ id: String) -> String { "reviews/\(id.replacing("/", with: "-")).jsonl" }

    /// The last mark of each place that is marked.
    private func marks(_ id: String) throws -> [JSONValue] {
        var marks: [JSONValue] = []
        for line in try lines(command.workplace.appendingPathComponent(reviewName(id))) {
            marks.removeAll { $0["place"] == line["place"] }
            if line["wrong"]?.bool == true { marks.append(line) }
        }
        return marks
    }

    /// Appends a mark to the review file, which only grows: of several of one row the last counts.
    func mark(_ id: String, _ body: JSONValue) async throws -> JSONValue {
        guard let index = body["index"]?.integer, index >= 0, let isWrong = body["wrong"]?.bool else {
            throw StudioError(400, "a mark holds index and wrong")
        }
        // Where the row stands, the run knows; what stands there, its files.
        let place = try await row(id, index)["place"] ?? .null, known = try marks(id).first { $0["place"] == place }
        let row: JSONValue
        if let marked = known?["row"], !isWrong { row = marked } else { row = try await source(id, place.string ?? "") }
        let mark: JSONValue = [
            "time": .string(ISO8601DateFormatter().string(from: Date())), "index": .integer(index), "place": place,
            "wrong": .bool(isWrong), "note": .string(body["note"]?.string ?? ""), "row": row,
        ]
        let url = command.workplace.appendingPathComponent(reviewName(id))
        try Folder.make(url.deletingLastPathComponent())
        try AppendedFile(url).append(Array((mark.text() + "\n").utf8))
        let reviews = try marks(id)
        return ["path": .string(reviewName(id)), "step": step(id, reviews), "reviews": .array(reviews)]
    }

    /// A row as it stands in its file, by which the mark knows it wherever it stands.
    private func source(_ id: String, _ place: String) async throws -> JSONValue {
        let recipe = try folder.run(id).appendingPathComponent("recipe.yaml").path
        let found = try await command.json(["inspect", recipe, "--at", place, "--unmasked"])
        guard let row = found["row"], row.object != nil else {
            throw StudioError(422, "\(place) is not there any more")
        }
        return row
    }

    /// The data step that leaves the marked rows out; null where none is marked.
    private func step(_ id: String, _ reviews: [JSONValue]) -> JSONValue {
        guard !reviews.isEmpty else { return .null }
        let name = JSONValue.string(reviewName(id)).text()
        return .string("data:\n  steps:\n    - review: {marks: \(name)}\n")
    }
}
