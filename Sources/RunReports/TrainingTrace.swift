// What the event log of a run tells of its steps.

internal import JSON

/// Steps and evaluations of a run, each once: those that a run went back over count as they were done last.
struct TrainingTrace {
    /// Values by step, under the name of each measure.
    private(set) var steps: [String: [(x: Int, y: Double)]] = [:]
    private(set) var evaluations: [String: [(x: Int, y: Double)]] = [:]
    /// The measures of steps and evaluations that objectives tell beside what each step has, in order.
    private(set) var measures: [String] = []
    /// How long the steps took; nil of a run that was gone on with, as only its last part says so.
    private(set) var seconds: Double?
    private(set) var tokens = 0
    private(set) var parameters: Int?

    private static let common: Set = [
        "time", "event", "step", "tokens", "target_tokens", "tokens_per_second", "seconds_left", "is_best",
        "heaviest_loss_share", "heaviest_weight_share", "expected_change",
    ]
    private static let ownCurves: Set = ["loss", "learning_rate", "gradient_norm", "update_ratio"]

    init(_ events: [JSONValue]) {
        var values: [String: [String: [Int: Double]]] = [:]
        var starts = 0
        var tokensByStep: [Int: Int] = [:]
        for event in events {
            let kind = event["event"]?.string ?? ""
            switch kind {
            case "training_started":
                parameters = event["trainable_parameters"]?.integer
                starts += 1
            case "finished": seconds = event["seconds"]?.double
            case "step", "evaluated":
                guard let step = event["step"]?.integer else { continue }
                if kind == "step" { tokensByStep[step] = event["tokens"]?.integer }
                for (name, value) in event.object?.members ?? [] where !Self.common.contains(name) {
                    guard let value = value.double else { continue }
                    values[kind, default: [:]][name, default: [:]][step] = value
                    if !Self.ownCurves.contains(name), !measures.contains(name) { measures.append(name) }
                }
            default: break
            }
        }
        if starts > 1 { seconds = nil }
        func sorted(_ kind: String) -> [String: [(x: Int, y: Double)]] {
            (values[kind] ?? [:]).mapValues { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
        }
        (steps, evaluations) = (sorted("step"), sorted("evaluated"))
        tokens = tokensByStep.values.reduce(0, +)
    }

    /// More points than these are drawn as means.
    private static let mostPoints = 240

    /// The values of a measure of steps, as they can be drawn: of very many, means of as many neighbours each.
    func drawn(_ name: String) -> (points: [(x: Int, y: Double)], each: Int) {
        let all = (steps[name] ?? []).filter { $0.y.isFinite }
        guard all.count > Self.mostPoints else { return (all, 1) }
        let each = (all.count + Self.mostPoints - 1) / Self.mostPoints
        let points = stride(from: 0, to: all.count, by: each).map { start -> (x: Int, y: Double) in
            let part = all[start..<min(all.count, start + each)]
            return (part[part.endIndex - 1].x, part.reduce(0) { $0 + $1.y } / Double(part.count))
        }
        return (points, each)
    }
}
