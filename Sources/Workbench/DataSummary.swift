// What data preparation did, for a person.

internal import Datasets
internal import Foundation
public import JSON
internal import Preparation
internal import Recipes

/// The counts of a recipe's rows: nothing left out is left unsaid.
public struct DataSummary: Presentable {
    private let train: DatasetReport?
    private let heldOut: DatasetReport?
    private let overlappingRows: Int
    private let overlappingPrompts: Int
    private let preparation: PreparationReport?

    /// Prepares the rows of a recipe.
    public init(_ resolved: ResolvedRecipe) throws {
        let recipe = resolved.recipe
        let opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        self.init(try RowPreparation(recipe.data, opened).split(recipe))
    }

    init(_ prepared: PreparedSplit) {
        self.init(prepared.split, prepared.preparation)
    }

    init(_ run: TrainingRun) {
        self.init(run.split, run.preparation)
    }

    private init(_ split: DatasetSplit, _ preparation: PreparationReport) {
        train = split.train.report
        heldOut = split.heldOut?.report
        overlappingRows = split.overlappingRows
        overlappingPrompts = split.overlappingPrompts
        self.preparation = preparation
    }

    init(_ heldOut: DatasetReport) {
        train = nil
        self.heldOut = heldOut
        overlappingRows = 0
        overlappingPrompts = 0
        preparation = nil
    }

    /// What the person should know before training or trusting a score.
    var warnings: [String] {
        var lines: [String] = []
        for (name, report) in [("training", train), ("held-out", heldOut)] {
            guard let report else { continue }
            func count(_ count: Int, _ what: String) { if count > 0 { lines.append("\(count) \(name) \(what)") } }
            count(report.input?.badRows ?? 0, "rows are bad and left out" + Self.kinds(report.input))
            count(report.truncatedRows, "rows were cut at data.max_length")
            count(report.droppedRows, "rows are too long and left out")
            count(report.rowsWithoutTarget, "rows have no token that carries loss and are left out")
            count(report.turnsWithoutEnd, "answers have no end token behind them: the model will not learn to stop")
            count(report.straddlingTokens, "tokens lie across the border of an answer")
        }
        if overlappingRows > 0 { lines.append("\(overlappingRows) held-out rows stand in the training rows too") }
        if overlappingPrompts > overlappingRows {
            lines.append("\(overlappingPrompts) held-out prompts stand in the training rows too")
        }
        if let leakage = preparation?.leakage {
            if leakage.near.heldOutRows > overlappingRows {
                lines.append("\(leakage.near.heldOutRows) held-out rows have a near-duplicate among the training rows")
            }
            if leakage.group.heldOutRows > 0 {
                lines.append("\(leakage.group.heldOutRows) held-out rows are of a group that is trained on")
            }
        }
        return lines
    }

    /// " (3 ragged, 1 syntax), first a.csv:7: …".
    private static func kinds(_ input: InputReport?) -> String {
        guard let input, let first = input.samples.first else { return "" }
        let kinds = input.badRowKinds.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            "\($0.value) \($0.key.rawValue)"
        }
        return " (" + kinds.joined(separator: ", ") + "), the first: \(first.place): \(first.message)"
    }

    public var json: JSONValue {
        [
            "preparation": preparation?.json ?? .null,
            "train": train?.json ?? .null, "held_out": heldOut?.json ?? .null,
            "overlapping_rows": .integer(overlappingRows),
            "overlapping_prompts": .integer(overlappingPrompts),
        ]
    }

    public var text: String {
        var lines: [String] = preparation?.lines ?? []
        for (name, report) in [("training", train), ("held-out", heldOut)] {
            guard let report else { continue }
            lines.append(
                "\(name): \(report.rows) rows (\(report.format.rawValue)), \(report.tokens) tokens, \(report.targetTokens) of them carry loss "
                    + String(format: "(%.0f%%)", 100 * report.supervisedShare) + ", longest \(report.longestExample)")
            for (bin, count) in report.lengthHistogram.enumerated() where count > 0 {
                let most = max(report.lengthHistogram.max() ?? 1, 1)
                let bar = String(repeating: "█", count: max(1, count * 40 / most))
                let label = "≤ \(1 << bin)"
                lines.append("  " + label.padding(toLength: 8, withPad: " ", startingAt: 0) + bar + " \(count)")
            }
        }
        return (lines + warnings.map { "warning: " + $0 }).joined(separator: "\n")
    }
}
