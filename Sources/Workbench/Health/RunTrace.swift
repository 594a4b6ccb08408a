// A run as its event stream tells it, live or read from its log: what the rules of its health look at.

internal import JSON
internal import Objectives
internal import Recipes
internal import Training

/// What is known of a run so far.
struct RunTrace {
    /// A step that was told of.
    struct Step {
        let number: Int
        let record: StepRecord
        let signs: StepSigns?
    }

    private(set) var facts: RunFacts?
    private(set) var totalSteps = 0
    private(set) var examples = 0
    private(set) var steps: [Step] = []
    private(set) var evaluations: [EvaluationRecord] = []
    private(set) var failure: (step: Int, reason: String)?
    /// Whether no more steps come.
    private(set) var isOver = false

    init() {}

    /// The trace of a log, one JSON object a line. A line that was being written when the process ended is no event.
    init(log: [UInt8]) {
        self.init(log.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(parsing: [UInt8]($0)) })
    }

    /// The trace of a log's lines that were read.
    init(_ lines: [JSONValue]) {
        for line in lines { if let event = RunEvent(logged: line) { add(event) } }
    }

    mutating func add(_ event: RunEvent) {
        switch event {
        case .facts(let facts): self.facts = facts
        case .training(let event): add(event)
        case .stage, .note, .warning, .health, .progress, .overall: break
        }
    }

    private mutating func add(_ event: TrainingEvent) {
        switch event {
        case .started(let fromStep, let totalSteps, let examples, _):
            // A run that goes on does some steps again.
            steps.removeAll { $0.number > fromStep }
            evaluations.removeAll { $0.step > fromStep }
            (self.totalSteps, self.examples, failure, isOver) = (totalSteps, examples, nil, false)
        case .step(let number, _, let record, let signs, _, _):
            steps.append(Step(number: number, record: record, signs: signs))
        case .evaluated(let record, _):
            if evaluations.last?.step == record.step { evaluations.removeLast() }
            evaluations.append(record)
        case .failed(let step, let reason): (failure, isOver) = ((step, reason), true)
        case .stoppedEarly, .finished: isOver = true
        case .saved, .interrupted: break
        }
    }

    // MARK: What rules ask

    /// Empty where answers of the model's own are learnt from: their loss says which of them are better, and has no course.
    var losses: [Double] {
        let objective = facts.flatMap { ObjectiveKind(rawValue: $0.objective) }
        return objective?.writesAnswers == true ? [] : steps.map(\.record.loss)
    }
    var norms: [Double] { steps.map(\.record.gradientNorm) }
    var rates: [Double] { steps.map(\.record.learningRate) }

    /// The share of the run that is done.
    var progress: Double {
        isOver ? 1 : totalSteps > 0 ? Double(steps.last?.number ?? 0) / Double(totalSteps) : 0
    }

    /// Whether the rate has come to its height.
    var isWarm: Bool { isOver || (steps.last?.number ?? 0) > (facts?.warmupSteps ?? 0) }

    /// Steps for which one that was told of stands.
    var interval: Double {
        guard let last = steps.last, !steps.isEmpty else { return 1 }
        return Double(last.number) / Double(steps.count)
    }

    /// Steps that are told of in one pass over the rows; nil where that is not known.
    var stepsOfEpoch: Int? {
        guard let facts, facts.batchSize > 0, examples > 0 else { return nil }
        return max(1, Int((Double(examples) / Double(facts.batchSize) / interval).rounded(.up)))
    }

    /// A measure that the objective tells with each step, by its name; empty where it is none.
    func measure(_ name: String) -> [Double] {
        let values = steps.compactMap { $0.record.measures.first { $0.name == name }?.value }
        return values.count == steps.count ? values : []
    }
}
