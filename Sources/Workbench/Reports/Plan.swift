// What a recipe would do.

internal import Adapters
internal import Datasets
internal import Foundation
public import JSON
internal import Objectives
internal import Recipes
internal import Spelling
internal import Training

/// What a recipe would do: rows, masks, targets, steps, memory and time.
public struct Plan: Presentable {
    private let setup: TrainingSetup
    private let precision: String
    private let forecast: MemoryForecast
    /// What a file of the teacher's predictions will take; nil where there is none.
    private let captureBytes: Int?
    /// What each stage takes, in their order.
    private let seconds: [(stage: String, seconds: Double)]
    /// What `lathe sweep` would take; nil where the recipe sweeps nothing.
    private let sweep: SweepForecast?

    init(
        _ setup: TrainingSetup, _ recipe: Recipe, precision: String, memory forecast: MemoryForecast,
        seconds: [(stage: String, seconds: Double)], sweep: SweepForecast?
    ) {
        self.setup = setup
        self.sweep = sweep
        captureBytes = recipe.distill.captureBytes(targets: setup.split.train.report.targetTokens)
        self.precision = precision
        self.forecast = forecast
        self.seconds = seconds
    }

    private var totalSeconds: Double { seconds.reduce(0) { $0 + $1.seconds } }

    private func seconds(of stage: String) -> Double { seconds.first { $0.stage == stage }?.seconds ?? 0 }

    public var json: JSONValue {
        guard let sweep, var object = taughtJSON.object else { return taughtJSON }
        object["sweep"] = sweep.json
        return .object(object)
    }

    private var taughtJSON: JSONValue {
        guard let teacher = setup.teacher, var object = runJSON.object else { return runJSON }
        object["teacher"] = [
            "name": .string(teacher.name), "shares_weights": .bool(teacher.isShared),
            "shared_tokens": .integer(teacher.vocabulary.size),
            "predicted_capture_bytes": captureBytes.map { .integer($0) } ?? .null,
            "notes": .array(teacher.warnings.map { .string($0) }),
        ]
        return .object(object)
    }

    private var runJSON: JSONValue {
        let train = setup.split.train.report
        return [
            "rows": .integer(train.rows), "supervised_tokens": .integer(train.targetTokens),
            "tokens": .integer(train.tokens),
            "truncated_rows": .integer(train.truncatedRows), "dropped_rows": .integer(train.droppedRows),
            "held_out_rows": .integer(setup.split.heldOut?.report.rows ?? 0),
            "trainable_parameters": .integer(setup.adapter.trainableParameterCount),
            "target_modules_matched": .integer(setup.adapter.coverage.matched.count),
            "target_modules": .object(
                JSONObject(
                    setup.adapter.coverage.table.map {
                        ($0.kind, .array([.integer($0.matchedCount), .integer($0.totalCount)]))
                    })),
            "steps": .integer(setup.configuration.totalSteps), "micro_batch_tokens": .integer(setup.memory.rowLimit),
            "recomputed_blocks": .integer(setup.memory.recomputedBlocks), "precision": .string(precision),
            "predicted_peak_bytes": .integer(forecast.stages.peakBytes), "predicted_seconds": .double(totalSeconds),
            "stages": .array(
                forecast.stages.map {
                    [
                        "name": .string($0.name), "predicted_peak_bytes": .integer($0.peakBytes),
                        "mapped_bytes": .integer($0.mappedBytes), "predicted_seconds": .double(seconds(of: $0.name)),
                    ]
                }),
            "exports": .array(setup.exports.map(Self.describe)),
            "data": DataSummary(setup.split.report).json,
        ]
    }

    public var text: String {
        let targets = setup.adapter.coverage.table.filter { $0.matchedCount > 0 }
            .map { "\($0.kind) \($0.matchedCount)/\($0.totalCount)" }.joined(separator: ", ")
        var lines = [
            DataSummary(setup.split.report).text,
            "adapter: \(setup.adapter.trainableParameterCount) trainable parameters on "
                + "\(Count.text(setup.adapter.coverage.matched.count, "layer")) (\(targets))",
            "training: \(Count.text(setup.configuration.totalSteps, "step")) of "
                + "\(Count.text(setup.configuration.batchSize, setup.units.unit == .pair ? "pair" : "example")), micro-batches of up to "
                + "\(setup.memory.rowLimit) tokens\(setup.memory.note), \(precision)",
        ]
        lines += teacherLines
        lines += [
            "predicted: \(ByteCount.text(forecast.stages.peakBytes)) of memory, \(Int(totalSeconds.rounded(.up))) s",
            "time by stage: " + seconds.map { "\($0.stage) \(Int($0.seconds.rounded(.up))) s" }.joined(separator: ", "),
            "memory by stage: "
                + forecast.stages.map {
                    "\($0.name) \(ByteCount.text($0.peakBytes)) (\(ByteCount.text($0.mappedBytes)) mapped)"
                }.joined(separator: ", "),
        ]
        if let sweep { lines.append(sweep.line) }
        return lines.joined(separator: "\n") + setup.exports.map(Self.line).joined()
    }

    private var teacherLines: [String] {
        guard let teacher = setup.teacher else { return [] }
        let weights =
            teacher.isShared
            ? "on the student's own weights" : "\(ByteCount.text(teacher.mappedBytes)) beside the student"
        let disk = captureBytes.map { "; its predictions take about \(ByteCount.text($0)) on disk" } ?? ""
        return [
            "teacher: \(ShownText.name(teacher.name)), \(weights)\(disk)"
        ]
    }

    private static func describe(_ export: (entry: ExportEntry, notes: [String])) -> JSONValue {
        [
            "format": .string(export.entry.format.rawValue),
            "what": .string(export.entry.isAdapter ? "adapter" : "model"),
            "notes": .array(export.notes.map { .string($0) }),
        ]
    }

    /// A line of its own.
    private static func line(_ export: (entry: ExportEntry, notes: [String])) -> String {
        "\nexport: \(export.entry.format.rawValue), the \(export.entry.isAdapter ? "adapter" : "model")"
            + export.notes.map { "; \($0)" }.joined()
    }
}
