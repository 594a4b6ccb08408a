// Lines of events.jsonl as the events that they were, for whoever looks at a run afterwards.

internal import JSON
internal import Objectives
internal import Training

extension RunEvent {
    /// The event of a line; nil for lines of which nobody asks for more than their text.
    init?(logged json: JSONValue) {
        switch json["event"]?.string {
        case "run_facts":
            guard let facts = RunFacts(json) else { return nil }
            self = .facts(facts)
        case "health":
            guard let finding = HealthFinding(json) else { return nil }
            self = .health(finding)
        default:
            guard let event = TrainingEvent(logged: json) else { return nil }
            self = .training(event)
        }
    }
}

extension TrainingEvent {
    fileprivate init?(logged json: JSONValue) {
        guard let step = json["step"]?.integer ?? json["from_step"]?.integer else { return nil }
        func number(_ name: String) -> Double { json[name]?.double ?? .nan }
        switch json["event"]?.string {
        case "training_started":
            self = .started(
                fromStep: step, totalSteps: json["total_steps"]?.integer ?? 0, examples: json["examples"]?.integer ?? 0,
                trainableParameters: json["trainable_parameters"]?.integer ?? 0)
        case "step":
            let record = StepRecord(
                loss: number("loss"), learningRate: number("learning_rate"), gradientNorm: number("gradient_norm"),
                tokens: json["tokens"]?.integer ?? 0, targetTokens: json["target_tokens"]?.integer ?? 0,
                measures: MeasuredValue.logged(json))
            self = .step(
                step: step, totalSteps: 0, record: record, signs: StepSigns(logged: json),
                tokensPerSecond: number("tokens_per_second"), secondsLeft: number("seconds_left"))
        case "evaluated":
            self = .evaluated(
                EvaluationRecord(step: step, loss: number("loss"), measures: MeasuredValue.logged(json)),
                isBest: json["is_best"]?.bool ?? false)
        case "stopped_early":
            self = .stoppedEarly(
                step: step, bestStep: json["best_step"]?.integer ?? 0, bestLoss: number("best_loss"))
        case "interrupted": self = .interrupted(step: step)
        case "failed": self = .failed(step: step, reason: json["reason"]?.string ?? "")
        case "finished": self = .finished(step: step, finalLoss: number("loss"), seconds: number("seconds"))
        default: return nil
        }
    }
}

extension MeasuredValue {
    /// What a line has beside the fields that each line of its kind has.
    fileprivate static func logged(_ json: JSONValue) -> [MeasuredValue] {
        let known: Set = [
            "time", "event", "step", "loss", "learning_rate", "gradient_norm", "tokens", "target_tokens",
            "tokens_per_second", "seconds_left", "is_best", "heaviest_loss_share", "heaviest_weight_share",
            "update_ratio", "expected_change",
        ]
        return (json.object?.members ?? []).compactMap { name, value in
            guard !known.contains(name), let value = value.double else { return nil }
            return MeasuredValue(name: name, value: value)
        }
    }
}

extension StepSigns {
    /// nil for lines of logs that do not tell of them.
    fileprivate init?(logged json: JSONValue) {
        guard let change = json["expected_change"]?.double else { return nil }
        var heaviest: Heaviest?
        if let place = json["heaviest_row"]?.string, let loss = json["heaviest_loss_share"]?.double,
            let weight = json["heaviest_weight_share"]?.double
        {
            heaviest = Heaviest(place: place, lossShare: loss, weightShare: weight)
        }
        self.init(heaviest: heaviest, updateRatio: json["update_ratio"]?.double, expectedChange: change)
    }
}
