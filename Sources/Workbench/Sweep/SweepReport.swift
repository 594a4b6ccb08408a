// What a sweep came to: every trial, the winner, and how it does on rows that chose nothing.

internal import Datasets
internal import Foundation
public import JSON
internal import Pages
internal import Recipes
internal import Spelling

/// The trials of a sweep in the order of their losses. It says nothing of times and memory: the same sweep gives the same report.
public struct SweepReport: Presentable {
    private let recipe: Recipe
    private let trials: [SweepTrial]
    private let schedule: SweepSchedule
    private let totals: [Int]
    private let record: SweepRecord
    private let winner: SweepTrial
    /// Of the winner's adapter.
    private let digest: String
    private let directory: SweepDirectory
    /// Rows to train on, to choose by, to judge on.
    private let rowCounts: (train: Int, validation: Int, heldOut: Int)

    init(
        _ recipe: Recipe, trials: [SweepTrial], schedule: SweepSchedule, totals: [Int], record: SweepRecord,
        winner: Int, digest: String, directory: SweepDirectory, rows: PreparedSplit, heldOut: PreparedDataset?
    ) throws {
        (self.recipe, self.trials, self.schedule, self.totals) = (recipe, trials, schedule, totals)
        (self.record, self.digest, self.directory) = (record, digest, directory)
        self.winner = trials[winner - 1]
        func count(_ rows: PreparedDataset?) throws -> Int { try rows?.examples.groupedByRow().count ?? 0 }
        rowCounts = (try count(rows.train), try count(rows.heldOut), try count(heldOut))
    }

    // MARK: The table

    /// Trials, the best first: by the last round that they reached, then by its loss.
    private var ranked: [SweepTrial] {
        func order(_ trial: SweepTrial) -> (rounds: Int, loss: Double, number: Int) {
            let outcomes = record.outcomes[trial.number - 1]
            return (-outcomes.count, outcomes.last?.loss ?? .infinity, trial.number)
        }
        let first = trials.filter { $0.number == winner.number }
        return first + trials.filter { $0.number != winner.number }.sorted { order($0) < order($1) }
    }

    /// The step at which all trials of a round were scored; nil where each has its own.
    private func step(ofRound round: Int) -> Int? {
        let steps = Set(
            trials.compactMap { trial -> Int? in
                guard case .scored(let step, _)? = record.outcome(of: trial.number, round: round) else { return nil }
                return step
            })
        return steps.count == 1 ? steps.first : nil
    }

    private var headings: [String] {
        ["trial"] + recipe.sweep.map(\.path)
            + schedule.counts.indices.map { round in
                (schedule.counts.count == 1 ? "loss" : "round \(round + 1)")
                    + (step(ofRound: round).map { ", step \($0)" } ?? "")
            } + [""]
    }

    private var rows: [[String]] {
        ranked.map { trial in
            let outcomes = record.outcomes[trial.number - 1]
            let losses = schedule.counts.indices.map { round -> String in
                guard round < outcomes.count, case .scored(let step, let loss) = outcomes[round] else { return "–" }
                return String(format: "%.4f", loss) + (self.step(ofRound: round) == nil ? " @\(step)" : "")
            }
            return ["\(trial.number)"] + trial.settings.map(\.value) + losses + [word(trial)]
        }
    }

    /// What became of a trial.
    private func word(_ trial: SweepTrial) -> String {
        let outcomes = record.outcomes[trial.number - 1]
        if trial.number == winner.number { return "winner" }
        if case .failed(let reason)? = outcomes.last { return reason }
        return outcomes.count == schedule.counts.count ? "" : "out after round \(outcomes.count)"
    }

    // MARK: JSON

    public var json: JSONValue {
        var object = JSONObject([
            ("name", .string(recipe.name)), ("sweep_directory", .string(directory.url.path)),
            ("method", .string(recipe.search.method.rawValue)),
            (
                "rows",
                [
                    "train": .integer(rowCounts.train), "validation": .integer(rowCounts.validation),
                    "held_out": .integer(rowCounts.heldOut),
                ]
            ),
            ("rounds", .array(schedule.counts.map { .integer($0) })), ("trials", .array(ranked.map(json))),
            (
                "winner",
                .object(
                    JSONObject(
                        (json(winner).object?.members ?? []) + [
                            ("adapter", .string(directory.trial(winner.number).appendingPathComponent("adapter").path)),
                            ("adapter_sha256", .string(digest)), ("recipe", .string(directory.best.path)),
                        ]))
            ),
        ])
        if let evaluation = record.evaluation { object["evaluation"] = evaluation.json }
        return .object(object)
    }

    private func json(_ trial: SweepTrial) -> JSONValue {
        let outcomes = record.outcomes[trial.number - 1]
        return [
            "trial": .integer(trial.number),
            "settings": .object(JSONObject(trial.settings.map { ($0.path, Self.value($0.value)) })),
            "total_steps": .integer(totals[trial.number - 1]), "rounds": .array(outcomes.map(\.json)),
            "validation_loss": outcomes.last?.loss.map { .double($0) } ?? .null, "state": .string(word(trial)),
        ]
    }

    /// A value of YAML that is a number of JSON too, as one.
    private static func value(_ yaml: String) -> JSONValue {
        (try? JSONValue(parsing: yaml)).map { $0.double == nil && $0.bool == nil ? .string(yaml) : $0 } ?? .string(yaml)
    }

    // MARK: Text

    private var intro: String {
        "sweep \(ShownText.name(recipe.name)): \(Count.text(trials.count, "trial")) of "
            + "\(Count.text(recipe.sweep.count, "key")), "
            + (recipe.search.method == .halving
                ? "halving in \(Count.text(schedule.counts.count, "round")), " : "each to its end, ")
            + "trained on \(Count.text(rowCounts.train, "row")), compared on "
            + "\(Count.text(rowCounts.validation, "validation row"))"
    }

    public var text: String {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { TextColumn.width($0[column]) }.max() ?? 0 }
        let table = all.map { cells in
            let last = cells.count - 1
            return cells.enumerated().map { column, cell in
                column == last ? cell : TextColumn.right(cell, to: widths[column])
            }.joined(separator: "  ").withoutBlanksAtEnd
        }
        return
            ([intro, ""] + table + ["", "winner: trial \(winner.number), \(winner.words)"] + judgement + [
                "adapter: \(path: directory.trial(winner.number).appendingPathComponent("adapter").path)",
                "recipe:  \(path: directory.best.path)", "report:  \(path: directory.page.path)",
            ]).joined(separator: "\n")
    }

    private var judgement: [String] {
        guard let evaluation = record.evaluation else { return [""] }
        return ["", "the winner on rows that chose nothing:", evaluation.text, ""]
    }

    /// The report as a page of Markdown.
    var markdown: String {
        func line(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        let rule = headings.indices.map { $0 == 0 || $0 == headings.count - 1 ? "---" : "---:" }
        return
            (["# Sweep \(recipe.name)", "", intro + ".", "", line(headings), line(rule)] + rows.map(line)
            + ["", "The winner is trial \(winner.number): \(winner.words).", ""]
            + (record.evaluation.map { ["## The winner on held-out rows", "", "```", $0.text, "```", ""] } ?? []))
            .joined(separator: "\n")
    }

    /// The report as a page for a browser.
    var page: String {
        let loss = record.outcomes[winner.number - 1].last?.loss
        var page = TablePage(
            kind: "Sweep", title: recipe.name,
            tiles: [
                ("\(trials.count)", "trials", recipe.sweep.map(\.path).joined(separator: ", ")),
                (loss.map { String(format: "%.4f", $0) } ?? "–", "validation loss of the winner", winner.words),
                ("\(rowCounts.validation)", "rows to choose by", "\(rowCounts.train) to train on"),
                (
                    "\(rowCounts.heldOut)", "rows to judge on",
                    record.evaluation == nil ? "nothing was judged" : "they saw the winner alone"
                ),
            ], footer: "Made by lathe sweep.")
        page.add("trials", "Trials", fact: "the best first", [.table(headings: headings, rows: rows, firstNumber: 1)])
        let curves = ranked.map { trial in
            TablePage.Curve(
                name: "trial \(trial.number), \(trial.words)",
                points: record.outcomes[trial.number - 1].compactMap { outcome in
                    if case .scored(let step, let loss) = outcome { (step, loss) } else { nil }
                }, isBest: trial.number == winner.number)
        }
        page.add("losses", "Losses", fact: "on the validation rows", [.curves(curves, x: "step", y: "loss")])
        if let evaluation = record.evaluation {
            page.add("judgement", "The winner on held-out rows", fact: "judged once", [.text(evaluation.text)])
        }
        page.add("recipe", "The recipe that won", [.text(winner.resolved.recipe.resolvedYAML())])
        return page.html
    }
}
