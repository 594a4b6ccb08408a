// What data preparation did, on the terminal and for programs.

public import DataReports
internal import Datasets
public import JSON
internal import Preparation

/// The counts of a recipe's rows: nothing left out is left unsaid.
public struct DataSummary: Presentable {
    public let report: DataReport
    private let files: [String]

    init(_ report: DataReport, files: [String] = []) {
        self.report = report
        self.files = files
    }

    /// Prepares the rows of a recipe.
    ///
    /// - Parameter writes: the report's files too, under `checkpoints/<name>/prepared`.
    public init(_ resolved: ResolvedRecipe, writes: Bool) throws {
        let recipe = resolved.recipe
        let opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        let rows = try RowPreparation(recipe.data, opened)
        let report = Self(try rows.split(recipe), name: recipe.name).report
        self.init(report, files: writes ? try ReportFiles.write(report, tokens: rows.tokens, to: recipe.preparedFolder) : [])
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

    public var json: JSONValue {
        var object = report.json.object ?? JSONObject()
        if !files.isEmpty { object["files"] = .array(files.map { .string($0) }) }
        return .object(object)
    }
    public var text: String { (report.lines + files.map { "written   \($0)" }).joined(separator: "\n") }
}
