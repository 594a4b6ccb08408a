// `lathe runs`: what runs a folder holds.

internal import Files
internal import Foundation
public import JSON
internal import Spelling

/// The runs and sweeps of a folder, the newest first.
public struct RunList: Presentable {
    private let path: String
    private let runs: [ListedRun]
    /// Folders that are no runs.
    private let others: [String]

    /// - Parameter path: a folder of runs, or the folder of a sweep, whose trials are listed, or of a run by itself.
    /// - Throws: `Failure` where there is no such folder.
    public init(_ path: String = "checkpoints") throws {
        guard let form = try FileForm(at: path) else {
            throw Failure(
                .missingInput, "\(path: path) does not exist, so no run lies there",
                hint: "lathe runs DIR lists another folder", namedFile: path)
        }
        guard form == .folder else {
            throw Failure(.badInput, "\(path: path) is a file", hint: "name a folder of runs", namedFile: path)
        }
        let url = URL(fileURLWithPath: path), sweep = SweepDirectory(url)
        let trials = try SweepRecord(sweep.record)?.outcomes
        let home = trials == nil ? url : sweep.trials
        self.path = home.path
        if try RunInspection(url) != nil, let run = try ListedRun(url) {
            (runs, others) = ([run], [])
            return
        }
        var runs: [ListedRun] = [], others: [String] = []
        for name in try (Folder.names(in: home) ?? []).sorted() where !name.hasPrefix(".") {
            let entry = home.appendingPathComponent(name)
            // Of one that cannot be looked into the others know nothing.
            do {
                guard try FileForm(at: entry) == .folder else { continue }
                guard var run = try ListedRun(entry) else {
                    others.append(name)
                    continue
                }
                if let trials, let number = Int(name), trials.indices.contains(number - 1) {
                    run.take(trials[number - 1])
                }
                runs.append(run)
            } catch { runs.append(ListedRun(entry, because: error)) }
        }
        self.runs = runs.sorted { ($1.changed ?? .distantPast, $0.name) < ($0.changed ?? .distantPast, $1.name) }
        self.others = others
    }

    public var json: JSONValue {
        [
            "path": .string(path), "runs": .array(runs.map { .object($0.facts) }),
            "others": .array(others.map { .string($0) }),
        ]
    }

    public var text: String {
        guard !runs.isEmpty else { return "\(path: path) holds no runs" + othersLine.map { "\n" + $0 }.joined() }
        let table =
            [["name", "changed", "model", "method", "steps", "state", "loss by", "95% interval", "verdict"]]
            + runs.map(cells)
        let widths = table[0].indices.map { column in table.map { TextColumn.width($0[column]) }.max() ?? 0 }
        let lines = table.map { cells in
            cells.enumerated().map { column, cell in
                [4, 6].contains(column)
                    ? TextColumn.right(cell, to: widths[column]) : TextColumn.left(cell, to: widths[column])
            }.joined(separator: "  ").withoutBlanksAtEnd
        }
        return (lines + othersLine).joined(separator: "\n")
    }

    private var othersLine: [String] {
        others.isEmpty
            ? [] : ["no runs: " + others.map { ShownText.name($0) }.joined(separator: ", ")]
    }

    private func cells(_ run: ListedRun) -> [String] {
        func text(_ key: String) -> String { run.facts[key]?.string.map { ShownText.name($0) } ?? "–" }
        let steps = run.facts["steps"]?.integer.map { String($0) } ?? "–"
        let total = run.facts["total_steps"]?.integer.map { "/\($0)" } ?? ""
        let difference = run.facts["difference"]?.double.map { String(format: "%+.4f", $0) } ?? "–"
        let bounds = run.facts["ci95"]?.array?.compactMap(\.double) ?? []
        let interval = bounds.count == 2 ? String(format: "%+.4f to %+.4f", bounds[0], bounds[1]) : "–"
        return [
            text("name"), run.changed.map(Self.day) ?? "–",
            text("model"), run.facts["trials"]?.integer.map { "sweep of \($0)" } ?? text("method"), steps + total,
            text("state"), difference, interval, text("verdict"),
        ]
    }

    /// "2026-11-28 11:20".
    private static func day(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd HH:mm"
        return formatter.string(from: date)
    }
}

extension String {
    /// Without blanks at the end.
    var withoutBlanksAtEnd: String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }
}
