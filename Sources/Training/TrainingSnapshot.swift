// A training run at the end of a step, as a value: everything a resume needs, and nothing that depends on the machine.

public import Objectives
public import Optimisers
public import Recipes
public import Tensors

/// A run between two steps.
///
/// Two snapshots of the same step of the same run are equal, bit for bit, whether or not the run was interrupted before.
public struct TrainingSnapshot: Sendable, Equatable {
    /// What the trainer does not know and a checkpoint must tell: where the numbers belong.
    public struct Identity: Sendable, Equatable {
        /// What decides the run's numbers: recipe, data, base and more; a run only goes on from a snapshot with its own fingerprint.
        public var fingerprint: String
        /// The resolved recipe's text.
        public var recipe: String
        /// The adapter's configuration, as JSON text.
        public var adapterConfiguration: String
        /// What belongs to the adapter and is not trained.
        public var fixed: [FixedMatrix]

        public init(fingerprint: String, recipe: String, adapterConfiguration: String, fixed: [FixedMatrix] = []) {
            self.fingerprint = fingerprint
            self.recipe = recipe
            self.adapterConfiguration = adapterConfiguration
            self.fixed = fixed
        }
    }

    /// A matrix `[rows, columns]` that no step changes.
    public struct FixedMatrix: Sendable, Equatable {
        public var name: String
        public var rows: Int
        public var columns: Int
        public var values: [Float]

        public init(name: String, rows: Int, columns: Int, values: [Float]) {
            self.name = name
            self.rows = rows
            self.columns = columns
            self.values = values
        }
    }

    /// One trainable matrix `[rows, columns]` with what the optimiser keeps for it.
    public struct Parameter: Sendable, Equatable {
        /// `model.layers.0.self_attn.q_proj.lora_A.weight`.
        public var name: String
        public var rows: Int
        public var columns: Int
        public var values: [Float]
        /// In the order of the optimiser's states; empty for a matrix that no step changes.
        public var states: [[Float]]
        /// The mean of steps that is learnt, where it is not the values; nil where it is.
        public var meanValues: [Float]?
        /// The values, or the mean, at the best evaluation; nil where there was none.
        public var bestValues: [Float]?

        public init(
            name: String, rows: Int, columns: Int, values: [Float], states: [[Float]], meanValues: [Float]? = nil,
            bestValues: [Float]? = nil
        ) {
            self.name = name
            self.rows = rows
            self.columns = columns
            self.values = values
            self.states = states
            self.meanValues = meanValues
            self.bestValues = bestValues
        }
    }

    public var identity: Identity
    /// Steps completed.
    public var step: Int
    /// The epoch of the next step, from 0, and the place in it; both follow from `step` and are kept for readers.
    public var epoch: Int
    public var positionInEpoch: Int
    public var seed: UInt64
    public var optimiser: OptimiserKind
    public var parameters: [Parameter]
    /// One entry a completed step.
    public var history: [StepRecord]
    public var evaluations: [EvaluationRecord]
    public var best: EvaluationRecord?
    public var evaluationsWithoutImprovement: Int
    public var isStoppedEarly: Bool

    public init(
        identity: Identity, step: Int, epoch: Int, positionInEpoch: Int, seed: UInt64, optimiser: OptimiserKind,
        parameters: [Parameter], history: [StepRecord], evaluations: [EvaluationRecord], best: EvaluationRecord?,
        evaluationsWithoutImprovement: Int, isStoppedEarly: Bool
    ) {
        self.identity = identity
        self.step = step
        self.epoch = epoch
        self.positionInEpoch = positionInEpoch
        self.seed = seed
        self.optimiser = optimiser
        self.parameters = parameters
        self.history = history
        self.evaluations = evaluations
        self.best = best
        self.evaluationsWithoutImprovement = evaluationsWithoutImprovement
        self.isStoppedEarly = isStoppedEarly
    }
}

/// What one step did.
public struct StepRecord: Sendable, Equatable, Codable {
    /// The mean loss of the step before its update: a target token's, or a pair's, as the objective counts.
    public var loss: Double
    public var learningRate: Double
    /// The global norm of the gradient before clipping.
    public var gradientNorm: Double
    public var tokens: Int
    public var targetTokens: Int
    /// What the objective tells beside the loss.
    public var measures: [MeasuredValue]

    public init(
        loss: Double, learningRate: Double, gradientNorm: Double, tokens: Int, targetTokens: Int,
        measures: [MeasuredValue] = []
    ) {
        self.loss = loss
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.tokens = tokens
        self.targetTokens = targetTokens
        self.measures = measures
    }
}

/// The held-out loss after a step.
public struct EvaluationRecord: Sendable, Equatable, Codable {
    /// Steps completed when it was measured.
    public var step: Int
    public var loss: Double
    /// What the objective tells beside the loss.
    public var measures: [MeasuredValue]

    public init(step: Int, loss: Double, measures: [MeasuredValue] = []) {
        self.step = step
        self.loss = loss
        self.measures = measures
    }
}

extension TrainingSnapshot {
    /// Whether the numbers of the best evaluation are there: a run may know its best loss and keep only the last numbers.
    public var hasBestValues: Bool { parameters.contains { $0.bestValues != nil } }

    /// Whether what is learnt is a mean of steps.
    public var hasMeanValues: Bool { parameters.contains { $0.meanValues != nil } }

    /// The first thing in which the snapshot contradicts itself; nil for one that a run can go on from.
    public var contradiction: String? {
        if step < 0 || history.count != step { return "it has \(history.count) step records after \(step) steps" }
        if let reason = progressContradiction { return reason }
        if best.map({ !evaluations.contains($0) }) ?? false {
            return "its best evaluation is not among its evaluations"
        }
        if hasBestValues, best == nil { return "it has the values of a best evaluation that it does not name" }
        for parameter in parameters {
            if let reason = parameter.contradiction(optimiser) { return reason }
            if (parameter.bestValues != nil) != hasBestValues { return "\(parameter.name) lacks its best values" }
            if (parameter.meanValues != nil) != hasMeanValues { return "\(parameter.name) lacks its mean values" }
        }
        let fixed = identity.fixed
        if let broken = fixed.first(where: { $0.values.count != $0.rows * $0.columns }) {
            return "\(broken.name) does not hold \(broken.rows) × \(broken.columns) numbers"
        }
        let names = parameters.map(\.name) + fixed.map(\.name)
        if Set(names).count != names.count { return "two of its parameters have one name" }
        return nil
    }

    /// What of its counters cannot be.
    private var progressContradiction: String? {
        if epoch < 0 || positionInEpoch < 0 { return "it stands at place \(positionInEpoch) of epoch \(epoch)" }
        let isOrdered = zip(evaluations, evaluations.dropFirst()).allSatisfy { $0.step < $1.step }
        guard isOrdered, evaluations.allSatisfy({ $0.isSound(within: step) }) else {
            return "its evaluations are not of its steps, one after the other"
        }
        guard (0...evaluations.count).contains(evaluationsWithoutImprovement) else {
            return "it counts \(evaluationsWithoutImprovement) evaluations without improvement of \(evaluations.count)"
        }
        let broken = history.firstIndex {
            !$0.loss.isFinite || !$0.learningRate.isFinite || !$0.gradientNorm.isFinite || $0.targetTokens < 0
                || $0.tokens < $0.targetTokens || !$0.measures.allSatisfy(\.value.isFinite)
        }
        return broken.map { "the record of step \($0 + 1) holds no sound numbers" }
    }
}

extension EvaluationRecord {
    /// Whether it can be one of a run of `steps` steps.
    fileprivate func isSound(within steps: Int) -> Bool {
        (0...steps).contains(step) && loss.isFinite && measures.allSatisfy(\.value.isFinite)
    }
}

extension TrainingSnapshot.Parameter {
    /// What the rule of `optimiser` keeps for the matrix, and the numbers that are kept.
    public func namedStates(_ optimiser: OptimiserKind) -> [(state: OptimiserState, numbers: [Float])] {
        zip(optimiser.rule.states(rows: rows, columns: columns), states).map { ($0, $1) }
    }

    /// In what the matrix contradicts itself; `nil` where it is sound.
    fileprivate func contradiction(_ optimiser: OptimiserKind) -> String? {
        guard rows > 0, columns > 0 else { return "\(name) has no shape" }
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, values.count == count, (bestValues ?? values).count == count,
            (meanValues ?? values).count == count
        else {
            return "\(name) does not hold \(rows) × \(columns) numbers"
        }
        let expected = optimiser.rule.states(rows: rows, columns: columns)
        guard states.isEmpty || states.map(\.count) == expected.map(\.count) else {
            return "\(name) does not hold what \(optimiser.rawValue) keeps of \(rows) × \(columns) numbers"
        }
        return faultyNumber(optimiser)
    }

    /// Which of its numbers cannot be.
    private func faultyNumber(_ optimiser: OptimiserKind) -> String? {
        for (what, numbers) in [("value", values), ("best value", bestValues ?? []), ("mean value", meanValues ?? [])] {
            if let index = numbers.firstIndex(where: { !$0.isFinite }) {
                return "\(name) holds a NaN or infinity: \(what) \(index)"
            }
        }
        for (state, numbers) in namedStates(optimiser) {
            guard let index = numbers.firstIndex(where: { !state.holds($0) }) else { continue }
            let what = state.name.replacing("_", with: " ")
            if !numbers[index].isFinite { return "\(name) holds a NaN or infinity: \(what) \(index)" }
            return state.kind == .codes
                ? "\(name) holds no code of 8 bits: \(what) \(index)" : "\(name) has a negative \(what), at \(index)"
        }
        return nil
    }
}

extension TrainingSnapshot {
    /// The numbers of the adapter as they stood.
    public var standingValues: [(name: String, rows: Int, columns: Int, numbers: [Float])] {
        parameters.map { ($0.name, $0.rows, $0.columns, $0.values) }
            + identity.fixed.map { ($0.name, $0.rows, $0.columns, $0.values) }
    }

    /// The numbers that the run hands on as its adapter: those of the best evaluation, the last ones where there was none; where what
    /// is learnt is a mean, the mean.
    public var deliveredValues: [(name: String, rows: Int, columns: Int, numbers: [Float])] {
        parameters.map { ($0.name, $0.rows, $0.columns, $0.bestValues ?? $0.meanValues ?? $0.values) }
            + identity.fixed.map { ($0.name, $0.rows, $0.columns, $0.values) }
    }

    /// The numbers after the last step, in the places of `slab`.
    /// - Precondition: the slab of the run.
    public func lastValues(in slab: ParameterSlab) -> [Float] {
        precondition(slab.slots.map(\.name) == parameters.map(\.name), "another run's slab")
        var values = [Float](repeating: 0, count: slab.count)
        for (slot, parameter) in zip(slab.slots, parameters) {
            values.replaceSubrange(slot.range, with: parameter.values)
        }
        return values
    }
}
