// What data preparation did, on the terminal and for programs.

public import DataReports
internal import Datasets
public import JSON
internal import Preparation

/// The counts of a recipe's rows: nothing left out is left unsaid.
public struct DataSummary: Presentable {
    public let report: DataReport

    init(_ report: DataReport) { self.report = report }

    /// Prepares the rows of a recipe.
    public init(_ resolved: ResolvedRecipe) throws {
        let recipe = resolved.recipe
        let opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        self.init(try RowPreparation(recipe.data, opened).split(recipe), name: recipe.name)
    }

    init(_ prepared: PreparedSplit, name: String = "") {
        self.init(
            DataReport(
                name: name, key: prepared.split.digest, preparation: prepared.preparation,
                train: prepared.split.train.report, heldOut: prepared.split.heldOut?.report))
    }

    init(_ run: TrainingRun) {
        self.init(
            DataReport(
                name: run.recipe.name, key: run.split.digest, preparation: run.preparation, train: run.split.train.report,
                heldOut: run.split.heldOut?.report))
    }

    /// Of rows to evaluate with, which no recipe prepared.
    init(_ heldOut: DatasetReport) {
        self.init(DataReport(name: "", preparation: PreparationReport(), heldOut: heldOut))
    }

    /// What the person should know before training or trusting a score.
    var warnings: [String] { report.warnings }

    public var json: JSONValue { report.json }
    public var text: String { report.lines.joined(separator: "\n") }
}
