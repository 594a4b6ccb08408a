// What a run leaves to read.

internal import Foundation
public import JSON
internal import Spelling

/// The end of a run: the adapter, how it compares with its base, what was written.
public struct RunReport: Presentable {
    let name: String
    let runDirectory: String
    let training: TrainingResult
    let data: DataSummary
    var peakMemoryBytes = 0
    /// What each stage took.
    var stageCosts: [StageMeter.Cost] = []
    /// What a teacher wrote for the run.
    var written: WrittenRows?
    var evaluation: StageResult?
    /// What distillation was worth.
    var distillation: StageResult?
    var merge: StageResult?
    var exports: [StageResult] = []

    init(name: String, runDirectory: String, training: TrainingResult, data: DataSummary) {
        self.name = name
        self.runDirectory = runDirectory
        self.training = training
        self.data = data
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("run_directory", .string(runDirectory)), ("steps", .integer(training.steps)),
            ("final_loss", training.finalLoss.map { .double($0) } ?? .null),
            ("tokens_per_second", .double(training.tokensPerSecond)),
            ("peak_memory_bytes", .integer(peakMemoryBytes)), ("adapter_sha256", .string(training.digest)),
            ("health", .array(training.health.map(\.json))), ("data", data.json),
        ])
        if !stageCosts.isEmpty { object["stages"] = .array(stageCosts.map(\.json)) }
        if let written { object["written"] = written.json }
        if let evaluation { object["evaluation"] = evaluation.json }
        if let distillation { object["distillation"] = distillation.json }
        if let merge { object["merge"] = merge.json }
        if !exports.isEmpty { object["exports"] = .array(exports.map(\.json)) }
        return .object(object)
    }

    public var text: String {
        let shownDirectory = ShownText.name(runDirectory)
        var lines = [
            "run \(name): \(Count.text(training.steps, "step"))"
                + (training.finalLoss.map { ", last loss " + ShownNumber.fourDigits($0) } ?? "")
                + (training.tokensPerSecond > 0 ? String(format: ", %.0f tokens/s", training.tokensPerSecond) : "")
                + ", peak memory \(ByteCount.text(peakMemoryBytes))"
        ]
        if !stageCosts.isEmpty {
            lines.append(
                "memory by stage: "
                    + stageCosts.map { "\($0.name) \(ByteCount.text($0.bytes))" }.joined(separator: ", "))
        }
        lines += spent
        if !training.health.isEmpty { lines += [""] + training.health.map { "health: \($0.line)" } }
        if let written { lines += ["", written.text] }
        if let evaluation { lines += ["", evaluation.text] }
        if let distillation { lines += ["", distillation.text] }
        if let merge { lines += ["", merge.text] }
        if !exports.isEmpty { lines += [""] + exports.map(\.text) }
        lines += [
            "", "adapter: \(shownDirectory)/adapter (sha256 \(training.digest.prefix(16))…)",
            "report:  \(shownDirectory)/report.html, report.md",
        ]
        return lines.joined(separator: "\n")
    }

    /// Time by stage, and energy where the machine tells it.
    private var spent: [String] {
        let times = stageCosts.compactMap { cost in cost.seconds.map { (cost.name, $0) } }
        guard !times.isEmpty else { return [] }
        let joules = stageCosts.compactMap(\.joules)
        return [
            "time by stage: " + times.map { "\($0.0) " + String(format: "%.1f s", $0.1) }.joined(separator: ", ")
                + (joules.isEmpty ? "" : String(format: "; energy %.1f Wh", joules.reduce(0, +) / 3600))
        ]
    }

    /// The report as Markdown.
    var markdown: String {
        ["# Run \(name)", "", "```", text, "```", "", "## Data", "", "```", data.text, "```", ""].joined(
            separator: "\n")
    }
}
