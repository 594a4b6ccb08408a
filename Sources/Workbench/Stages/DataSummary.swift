// What data preparation did, on the terminal and for programs.

public import DataReports
internal import Datasets
public import JSON
internal import Objectives
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
    /// - Parameter writes: whether tokens and report are kept, under `checkpoints/<name>/prepared`.
    public init(_ resolved: ResolvedRecipe, writes: Bool, observer: any RunObserver) throws {
        let recipe = resolved.recipe
        try resolved.requireInputs(of: "model", "data")
        let lock = writes ? try RunLock(RunDirectory.place(of: recipe)) : nil
        defer { lock?.release() }
        if writes {
            let run = RunDirectory(planned: RunDirectory.place(of: recipe))
            try OutputPlaces(resolved).requireRun(run, writing: [.prepared])
        }
        let opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        let preparation = try RowPreparation(recipe.data, opened, for: recipe.train.learnt)
        let split = try preparation.split(recipe, staged: writes, observer: observer)
        self.init(split.report, files: try split.keep())
    }

    /// Of rows to evaluate with, which no recipe prepared.
    init(_ heldOut: DatasetReport) {
        self.init(DataReport(name: "", preparation: PreparationReport(), heldOut: heldOut))
    }

    /// What is done without being asked for, a line each.
    var notes: [String] { report.notes }

    /// What the person should know before training or trusting a score.
    var warnings: [String] { report.warnings }

    public var json: JSONValue {
        var object = report.json.object ?? JSONObject()
        if !files.isEmpty { object["files"] = .array(files.map { .string($0) }) }
        return .object(object)
    }
    public var text: String { (report.lines + files.map { "written   \($0)" }).joined(separator: "\n") }
}
