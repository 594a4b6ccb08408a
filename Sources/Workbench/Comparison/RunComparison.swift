// `lathe compare`: runs held against each other, row by row.

internal import Evaluation
internal import Foundation
public import JSON
internal import Recipes
internal import Spelling

/// Several runs on the same held-out rows: in what their recipes differ, and each against the first.
public struct RunComparison: Presentable {
    /// One metric of two runs on the rows that both have.
    private struct Found {
        let comparison: PairedComparison
        /// Of metrics that are right or wrong row by row.
        let test: McNemar?
    }

    private let runs: [ComparedRun]
    /// Of each run but the first, its metrics against those of the first.
    private let found: [[Found]]
    /// What is not compared, and why.
    private let notes: [String]

    /// - Parameters:
    ///   - paths: of run directories; the others are held against the first.
    ///   - settings: what says how rows are drawn for intervals: `seed` and `evaluate.bootstrap_samples`.
    /// - Throws: `Failure` where there are fewer than two runs, where one was not evaluated, or where their rows are not the same.
    public init(_ paths: [String], _ settings: ResolvedRecipe) throws {
        guard paths.count >= 2 else {
            throw Failure(
                .usage, "\(Count.text(paths.count, "run")): two at least are compared", hint: "name another run")
        }
        let runs = try paths.map(ComparedRun.init)
        let first = runs[0]
        for other in runs.dropFirst() { try Self.requireSameRows(first, other) }
        let others = first.scores.others.filter { name in
            runs.dropFirst().contains { $0.scores.others.contains(name) }
        }
        var notes =
            others.isEmpty
            ? [] : ["no means over rows, so not compared row by row: \(others.joined(separator: ", "))"]
        self.runs = runs
        found = runs.dropFirst().map { Self.compared(first, $0, settings.recipe, &notes) }
        self.notes = notes
    }

    private static func requireSameRows(_ first: ComparedRun, _ other: ComparedRun) throws {
        guard first.scores.rows.sorted() != other.scores.rows.sorted() else { return }
        let common = Set(first.scores.rows).intersection(other.scores.rows).count
        throw Failure(
            .badInput,
            "\(path: other.path) was judged on other rows than \(path: first.path): "
                + "\(Count.text(common, "row")) of \(first.scores.rows.count) and \(other.scores.rows.count) are the same",
            hint:
                "rows that one run held out may be rows that the other was trained on; give both the same data.held_out, or "
                + "ask both adapters with lathe evaluate")
    }

    private static func compared(
        _ first: ComparedRun, _ other: ComparedRun, _ recipe: Recipe, _ notes: inout [String]
    ) -> [Found] {
        let resampling = Resampling(recipe)
        return first.scores.metrics.compactMap { metric -> Found? in
            func leaveOut(_ reason: String) -> Found? {
                notes.append("\(other.name): \(metric.name) is not compared: \(reason)")
                return nil
            }
            guard let theirs = other.scores.metrics.first(where: { $0.name == metric.name }) else {
                return leaveOut("that run did not measure it")
            }
            guard metric.name != "loss" || first.scores.scoredBy == other.scores.scoredBy else {
                return leaveOut("one is of \(first.scores.scoredBy), the other of \(other.scores.scoredBy)")
            }
            let order = first.scores.rows
            let ours = first.placed(order, metric), others = other.placed(order, theirs)
            guard ours.map(\.number) == others.map(\.number), ours.map(\.weight) == others.map(\.weight) else {
                return leaveOut("its rows have other tokens to predict, so a mean over them is of something else")
            }
            let sides = [ours, others].map {
                RowMetric.ratio(metric.name, $0, higherIsBetter: metric.higherIsBetter)
            }
            return Found(
                comparison: resampling.comparison(base: sides[0], adapter: sides[1]), test: test(ours, others))
        }
    }

    /// McNemar's test, where each row is right or wrong.
    private static func test(_ ours: [RowRatio], _ others: [RowRatio]) -> McNemar? {
        let isPlain = (ours + others).allSatisfy { $0.weight == 1 && ($0.sum == 0 || $0.sum == 1) }
        guard isPlain, !ours.isEmpty else { return nil }
        return McNemar(base: ours.map { $0.sum == 1 }, adapter: others.map { $0.sum == 1 })
    }

    // MARK: Recipes

    /// Keys that not all runs have the same value of, with the value of each.
    private var differences: [(key: String, values: [String])] {
        var names: [String] = []
        for key in runs.flatMap(\.keys).map(\.key) where !names.contains(key) { names.append(key) }
        let values = runs.map { run in Dictionary(run.keys.map { ($0.key, $0.value) }) { first, _ in first } }
        return names.compactMap { name in
            let each = values.map { $0[name] }
            guard Set(each).count > 1 else { return nil }
            // A digest tells a person only whether it is the same.
            return (name, each.map { value in value.map { $0.count == 64 ? String($0.prefix(8)) + "…" : $0 } ?? "–" })
        }
    }

    // MARK: JSON

    public var json: JSONValue {
        [
            "runs": .array(runs.map(Self.json)), "rows": .integer(runs[0].scores.rows.count),
            "differences": .array(
                differences.map { ["key": .string($0.key), "values": .array($0.values.map { .string($0) })] }),
            "comparisons": .array(
                zip(runs.dropFirst(), found).map { run, found in
                    [
                        "run": .string(run.name), "against": .string(runs[0].name),
                        "metrics": .object(JSONObject(found.map { ($0.comparison.metric, Self.json($0)) })),
                    ]
                }),
            "notes": .array(notes.map { .string($0) }),
        ]
    }

    private static func json(_ run: ComparedRun) -> JSONValue {
        let evaluation = run.report?["evaluation"]
        return [
            "name": .string(run.name), "path": .string(run.path), "steps": run.report?["steps"] ?? .null,
            "loss": evaluation?["adapter"]?["loss"] ?? .null, "base_loss": evaluation?["base"]?["loss"] ?? .null,
            "verdict": evaluation?["difference"]?["verdict"] ?? .null,
        ]
    }

    private static func json(_ found: Found) -> JSONValue {
        let comparison = found.comparison
        func number(_ value: Double?) -> JSONValue { value.map { .double($0) } ?? .null }
        var object = JSONObject([
            ("against", number(comparison.base)), ("run", number(comparison.adapter)),
            ("difference", number(comparison.difference)),
            ("ci95", comparison.ci95.map { [.double($0.lowerBound), .double($0.upperBound)] } ?? .null),
            ("verdict", comparison.verdict.map { .string($0.rawValue) } ?? .null),
            ("rows", .integer(comparison.rowCount)),
        ])
        if let test = found.test {
            object["mcnemar"] = [
                "only_against": .integer(test.onlyBase), "only_run": .integer(test.onlyAdapter),
                "p_value": .double(test.pValue), "exact": .bool(test.isExact),
            ]
        }
        return .object(object)
    }

    // MARK: Text

    public var text: String {
        var lines = [
            "\(Count.text(runs.count, "run")) on \(Count.text(runs[0].scores.rows.count, "held-out row"))", "",
        ]
        lines += Self.table([["run", "steps", "base loss", "loss", "against its base"]] + runs.map(Self.cells))
        let differences = differences
        lines += differences.isEmpty ? ["", "their recipes decide the same"] : [""]
        if !differences.isEmpty {
            lines += Self.table([["differs"] + runs.map(\.name)] + differences.map { [$0.key] + $0.values })
        }
        for (run, found) in zip(runs.dropFirst(), found) {
            lines += ["", "\(ShownText.name(run.name)) against \(ShownText.name(runs[0].name)), row by row:"]
            lines += Self.table(
                [
                    [
                        "metric", ShownText.name(runs[0].name), ShownText.name(run.name), "difference", "95% interval",
                        "verdict",
                    ]
                ]
                    + found.map { Self.cells($0.comparison) })
            lines += found.compactMap { found in
                found.test.map { test in
                    "\(found.comparison.metric): right on \(Count.text(test.onlyAdapter, "row")) that the first is not, "
                        + "wrong on \(test.onlyBase) that the first is; McNemar p = "
                        + String(format: "%.4g", test.pValue) + (test.isExact ? ", exact" : "")
                }
            }
        }
        return (lines + notes.map { "note: " + $0 }).joined(separator: "\n")
    }

    private static func cells(_ run: ComparedRun) -> [String] {
        let facts = json(run)
        func number(_ key: String) -> String { facts[key]?.double.map { String(format: "%.4f", $0) } ?? "–" }
        return [
            ShownText.name(run.name), facts["steps"]?.integer.map { String($0) } ?? "–", number("base_loss"),
            number("loss"), facts["verdict"]?.string ?? "–",
        ]
    }

    private static func cells(_ comparison: PairedComparison) -> [String] {
        func number(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }
        return [
            comparison.metric, number(comparison.base), number(comparison.adapter),
            ComparedRows.shown(comparison.difference),
            comparison.ci95.map { String(format: "%+.4f to %+.4f", $0.lowerBound, $0.upperBound) } ?? "–",
            comparison.verdict?.rawValue ?? "none",
        ]
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { TextColumn.width($0[column]) }.max() ?? 0 }
        return rows.map { cells in
            cells.enumerated().map { TextColumn.left($0.element, to: min(48, widths[$0.offset])) }
                .joined(separator: "  ").withoutBlanksAtEnd
        }
    }
}
