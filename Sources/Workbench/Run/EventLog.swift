// events.jsonl: one JSON object a line, as it happens.

internal import Files
internal import Foundation
internal import JSON
internal import Objectives
internal import Training

/// Appends what happens in a run to its event log. Times are for people; no result depends on them.
final class EventLog: RunObserver {
    private let file: AppendedFile
    private let files: OwnedFiles
    /// Told once that lines are missing.
    private let observer: any RunObserver
    private var misses = false

    /// - Parameter append: keep what an earlier part of the run wrote.
    init(_ directory: RunDirectory, append: Bool, observer: any RunObserver) throws {
        let url = directory.events
        if try !append || FileForm(at: url) == nil {
            // The first line is the log's own: by it Lathe knows the file again.
            let start = Self.line([("event", "log_started")])
            try directory.files.write(start, to: url.lastPathComponent, grows: true)
        }
        file = try AppendedFile(url)
        files = directory.files
        self.observer = observer
    }

    func receive(_ event: RunEvent) {
        guard let fields = fields(of: event) else { return }
        // A full disk must not stop a run whose checkpoints still fit: the log is a listener, not a result.
        do { try file.append(Self.line(fields)) } catch {
            if !misses { observer.receive(.warning("the event log misses lines: \(error)")) }
            misses = true
        }
    }

    /// Has all that the log holds by now guarded by the run's manifest.
    func close() {
        do { try files.noteGrown(file.url.lastPathComponent) } catch {
            observer.receive(.warning("nothing guards the lines of the event log: \(error)"))
        }
    }

    private static func line(_ fields: [JSONObject.Member]) -> [UInt8] {
        let time = ISO8601DateFormatter().string(from: Date())
        return Array((JSONValue.object(JSONObject([(key: "time", value: .string(time))] + fields)).text() + "\n").utf8)
    }

    private func fields(of event: RunEvent) -> [JSONObject.Member]? {
        switch event {
        case .stage(let name, let detail): [("event", "stage"), ("name", .string(name)), ("detail", .string(detail))]
        case .note(let text): [("event", "note"), ("text", .string(text))]
        case .warning(let text): [("event", "warning"), ("text", .string(text))]
        case .facts(let facts): [("event", "run_facts")] + facts.json.members
        case .health(let finding): [("event", "health")] + (finding.json.object?.members ?? [])
        case .progress, .overall: nil
        case .training(let event): fields(of: event)
        }
    }

    private func fields(of event: TrainingEvent) -> [JSONObject.Member] {
        switch event {
        case .started(let fromStep, let totalSteps, let examples, let parameters):
            [
                ("event", "training_started"), ("from_step", .integer(fromStep)), ("total_steps", .integer(totalSteps)),
                ("examples", .integer(examples)), ("trainable_parameters", .integer(parameters)),
            ]
        case .step(let step, _, let record, let signs, let tokensPerSecond, let secondsLeft):
            [
                ("event", "step"), ("step", .integer(step)), ("loss", .double(record.loss)),
                ("learning_rate", .double(record.learningRate)), ("gradient_norm", .double(record.gradientNorm)),
                ("tokens", .integer(record.tokens)), ("target_tokens", .integer(record.targetTokens)),
                ("tokens_per_second", .double(tokensPerSecond)), ("seconds_left", .double(secondsLeft)),
            ] + Self.fields(of: signs) + Self.fields(of: record.measures)
        case .evaluated(let record, let isBest):
            [
                ("event", "evaluated"), ("step", .integer(record.step)), ("loss", .double(record.loss)),
                ("is_best", .bool(isBest)),
            ] + Self.fields(of: record.measures)
        case .saved(let step, let path): [("event", "saved"), ("step", .integer(step)), ("path", .string(path))]
        case .stoppedEarly(let step, let bestStep, let bestLoss):
            [
                ("event", "stopped_early"), ("step", .integer(step)), ("best_step", .integer(bestStep)),
                ("best_loss", .double(bestLoss)),
            ]
        case .failed(let step, let reason):
            [("event", "failed"), ("step", .integer(step)), ("reason", .string(reason))]
        case .interrupted(let step): [("event", "interrupted"), ("step", .integer(step))]
        case .finished(let step, let loss, let seconds):
            [("event", "finished"), ("step", .integer(step)), ("loss", .double(loss)), ("seconds", .double(seconds))]
        }
    }

    private static func fields(of signs: StepSigns?) -> [JSONObject.Member] {
        guard let signs else { return [] }
        var fields: [JSONObject.Member] = [("expected_change", .double(signs.expectedChange))]
        if let ratio = signs.updateRatio { fields.append(("update_ratio", .double(ratio))) }
        if let heaviest = signs.heaviest {
            fields += [
                ("heaviest_row", .string(heaviest.place)), ("heaviest_loss_share", .double(heaviest.lossShare)),
                ("heaviest_weight_share", .double(heaviest.weightShare)),
            ]
        }
        return fields
    }

    private static func fields(of measures: [MeasuredValue]) -> [JSONObject.Member] {
        measures.map { ($0.name, .double($0.value)) }
    }
}
