// A run as it is held against others: its recipe's deciding keys, what its report says, the scores of its rows.

internal import Evaluation
internal import Files
internal import Foundation
internal import JSON
internal import Recipes

/// A run that was evaluated.
struct ComparedRun {
    let path: String
    let name: String
    let fingerprint: JSONValue
    let report: JSONValue?
    let scores: RowScores

    /// - Throws: `Failure` where the folder is no run, or has no scores of held-out rows.
    init(_ path: String) throws {
        try Failure.requireExists(path, "the run")
        let run = RunDirectory(planned: URL(fileURLWithPath: path))
        guard let inspection = try RunInspection(run.url) else {
            let isSweep = try FileForm(at: SweepDirectory(run.url).record) != nil
            throw Failure(
                .badInput, "\(path: path) is no run that can be compared",
                hint: isSweep
                    ? "it is a sweep: name the trial that won, in its folder trials"
                    : "name the folder of a run, as checkpoints/NAME; lathe runs lists them", namedFile: path)
        }
        guard let scores = try RowScores(run.scores) else {
            throw Failure(
                .badInput, "\(path: path) has no scores of held-out rows (\(RowScores.fileName))",
                hint:
                    "run its recipe again, with data.held_out or data.val_size: what is trained stays as it is, and rows are "
                    + "scored",
                namedFile: path)
        }
        self.path = path
        name = inspection.run["name"]?.string ?? path
        fingerprint = inspection.run["fingerprint"] ?? .null
        report = inspection.report
        self.scores = scores
    }

    /// The deciding keys with their values, and what else decides, but for digests.
    var keys: [(key: String, value: String)] {
        ["recipe", "parts"].flatMap { part in
            (fingerprint[part]?.object?.members ?? []).compactMap { member in
                member.value.string.map { (member.key, $0) }
            }
        }
    }

    /// The scores of the rows of `order`, by their places in it. Rows with the same fields are taken in their order.
    func placed(_ order: [String], _ metric: RowScores.Metric) -> [RowRatio] {
        var waiting: [String: [Int]] = [:]
        for (place, row) in order.enumerated().reversed() { waiting[row, default: []].append(place) }
        let terms = scores.rows.enumerated().compactMap { number, row -> RowRatio? in
            guard let place = waiting[row]?.popLast(), let term = metric.adapter[number] ?? metric.base[number] else {
                return nil
            }
            return RowRatio(number: place, sum: term.sum, weight: term.weight)
        }
        return terms.sorted { $0.number < $1.number }
    }
}
