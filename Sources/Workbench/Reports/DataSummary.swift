// What data preparation did, on the terminal and for programs.

public import DataReports
internal import Datasets
public import JSON
internal import Preparation

/// The counts of a recipe's rows: nothing left out is left unsaid.
public struct DataSummary: Presentable {
    public let report: DataReport
    /// What was written; nil for a summary that stands in another report.
    private let files: [String]?

    init(_ report: DataReport, files: [String]? = nil) {
        self.report = report
        self.files = files
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
        if let files { object["files"] = .array(files.map { .string($0) }) }
        return .object(object)
    }
    public var text: String { (report.lines + (files ?? []).map { "written   \($0)" }).joined(separator: "\n") }
}
