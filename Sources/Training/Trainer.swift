// The training loop: examples → micro-batches → gradient → clipping → optimiser, with evaluation and snapshots between steps.

public import Datasets
import Foundation
import Kernels
import Models
import Objectives
public import Optimisers
public import Tensors

/// Trains the numbers of an optimiser's slab.
///
/// A step is a function of the state before it and of its number: the order of examples, the learning rate and the dropout
/// masks are looked up, not drawn. So a run that goes on from a snapshot gives the same numbers as one that never stopped.
public final class Trainer {
    public let configuration: TrainingConfiguration
    public let identity: TrainingSnapshot.Identity
    private let model: any GradientSource
    let optimiser: Optimiser
    private let units: ExampleUnits
    private let workspace: Workspace
    private let rewriter: (any StepRewriter)?
    private let allocator: RankAllocator?
    var order: ExampleOrder
    var progress = TrainingProgress()
    /// The mean of the steps, where the configuration asks for one.
    var average: MeanOfSteps?
    var bestValues: [Float]?
    var savedStep: Int?
    /// What the numbers came to where the run pauses between two evaluations of its own: it is no part of the run.
    private var pauseScore: EvaluationRecord?
    private var probe: UpdateProbe
    /// What the last step showed of the run's health.
    public private(set) var signs: StepSigns?

    /// - Parameters:
    ///   - model: adds its gradients into those of the optimiser's slab.
    ///   - rewriter: of an objective of sequences; what it writes is no longer than the longest example.
    ///   - allocator: gives up ranks between steps.
    public init(
        model: any GradientSource, optimiser: Optimiser, examples: any ExampleSource,
        configuration: TrainingConfiguration, identity: TrainingSnapshot.Identity, workspace: Workspace,
        rewriter: (any StepRewriter)? = nil, allocator: RankAllocator? = nil
    ) throws(TrainingError) {
        let units = ExampleUnits(examples, of: model.objective.unit)
        guard units.count > 0 else { throw .noExamples }
        for index in 0..<examples.count {
            if examples.tokenCount(index) == 0 { throw .exampleWithoutTokens(place: "\(examples.place(index))") }
            if examples.targetCount(index) == 0 { throw .exampleWithoutTargets(place: "\(examples.place(index))") }
        }
        self.model = model
        self.optimiser = optimiser
        self.units = units
        self.configuration = configuration
        self.identity = identity
        self.workspace = workspace
        self.rewriter = rewriter
        self.allocator = allocator
        probe = UpdateProbe(optimiser.slab)
        average = configuration.averageDecay.map(MeanOfSteps.init)
        order = ExampleOrder(
            exampleCount: units.count, batchSize: configuration.batchSize, seed: configuration.seed,
            shuffles: configuration.shuffles)
    }

    var slab: ParameterSlab { optimiser.slab }
    /// How many steps learn from the same rows.
    private var stepsOfEach: Int { rewriter?.stepsOfEach ?? 1 }
    /// How often other rows were taken in `steps` steps.
    func rowsOfSteps(_ steps: Int) -> Int { steps / stepsOfEach }
    /// Whether the run ends here because somebody asked: it has to be able to go on.
    private func isStopping(_ hooks: TrainingHooks) -> Bool { hooks.isStopping && step % stepsOfEach == 0 }
    /// Steps completed.
    public var step: Int { progress.step }
    public var isDone: Bool { progress.step >= configuration.totalSteps || progress.isStoppedEarly }
    public var history: [StepRecord] { progress.history }

    // MARK: - The loop

    /// Trains until all steps are done, an evaluation ends the run, or somebody asks it to stop.
    public func run(_ hooks: TrainingHooks) throws -> TrainingOutcome {
        var clock = StepClock()
        hooks.onEvent(
            .started(
                fromStep: step, totalSteps: configuration.totalSteps, examples: units.count,
                trainableParameters: slab.parameterCount))
        while true {
            // What was trained is safe before anything is scored.
            if isDone || hooks.pausesAfter == step, isEvaluationDue(hooks) {
                try save(hooks)
                if isDone { try atMean { try hooks.afterLastStep?() } }
            }
            // A run that was stopped before an evaluation that was due makes up for it when it goes on.
            if !isStopping(hooks) { try telling(step, hooks) { try evaluateIfDue(hooks) } }
            let isStopping = isStopping(hooks) || hooks.pausesAfter == step
            if isStopping || isDone || isSaveDue { try save(hooks) }
            if isDone || isStopping { break }
            let record = try telling(step + 1, hooks) { try clock.timing { try trainStep() } }
            clock.tokens += record.tokens
            hooks.onEvent(
                .step(
                    step: step, totalSteps: configuration.totalSteps, record: record, signs: signs,
                    tokensPerSecond: clock.tokensPerSecond,
                    secondsLeft: clock.secondsPerStep * Double(configuration.totalSteps - step)))
        }
        return conclude(clock, hooks)
    }

    /// A step or an evaluation that fails is told before it ends the run.
    private func telling<Result>(_ step: Int, _ hooks: TrainingHooks, _ body: () throws -> Result) rethrows -> Result {
        do { return try body() } catch {
            hooks.onEvent(.failed(step: step, reason: "\(error)"))
            throw error
        }
    }

    private func conclude(_ clock: StepClock, _ hooks: TrainingHooks) -> TrainingOutcome {
        let isComplete = isDone && !isEvaluationDue(hooks)
        let isPaused = hooks.pausesAfter == step && !isEvaluationDue(hooks)
        let ending: TrainingOutcome.Ending =
            progress.isStoppedEarly ? .stoppedEarly : isComplete ? .finished : isPaused ? .paused : .interrupted
        if ending == .stoppedEarly, let best = progress.best {
            hooks.onEvent(.stoppedEarly(step: step, bestStep: best.step, bestLoss: best.loss))
        }
        switch ending {
        case .interrupted: hooks.onEvent(.interrupted(step: step))
        case .paused: break
        case .finished, .stoppedEarly:
            hooks.onEvent(
                .finished(step: step, finalLoss: progress.history.last?.loss ?? .nan, seconds: clock.seconds))
        }
        return TrainingOutcome(
            ending: ending, steps: step, finalLoss: progress.history.last?.loss, best: progress.best,
            last: pauseScore?.step == step ? pauseScore : progress.evaluations.last, tokens: clock.tokens,
            trainingSeconds: clock.seconds)
    }

    // MARK: - One step

    /// Trains on the next step's examples. Throws before anything is updated.
    @discardableResult
    public func trainStep() throws -> StepRecord {
        let (indices, rows) = try rows(of: order.examples(afterSteps: rowsOfSteps(step)))
        let sums = try accumulateGradients(rows, indices)
        let besideLoss = allocator?.addOrthogonality() ?? 0
        let gradientNorm = try checkedGradientNorm(indices)
        let learningRate = configuration.schedule.rate(
            afterSteps: step, heldOutLosses: progress.evaluations.map(\.loss))
        probe.take(slab)
        let gradientScale = clippingFactor(gradientNorm)
        optimiser.step(step + 1, learningRate: learningRate, gradientScale: gradientScale)
        allocator?.allocate(afterStep: step + 1, gradientScale: gradientScale)
        let record = StepRecord(
            loss: (sums.total.meanLoss ?? .nan) + besideLoss, learningRate: learningRate, gradientNorm: gradientNorm,
            tokens: rows.reduce(0) { $0 + $1.tokenCount }, targetTokens: rows.reduce(0) { $0 + $1.targetCount },
            measures: model.objective.told(sums.total))
        // Of units that were cut out of others nobody knows the row.
        let heaviest =
            sums.units.count == indices.count
            ? StepSigns.Heaviest(sums.units) { place(indices[indices.startIndex + $0]) } : nil
        signs = probe.signs(slab, heaviest: heaviest)
        average?.add(slab.values)
        progress.step += 1
        progress.history.append(record)
        return record
    }

    /// The sequences of each of the units `indices`, or what is trained on in their place; and of which unit each is.
    private func rows(of indices: [Int]) throws -> (indices: [Int], rows: [[TokenizedExample]]) {
        let rows = try indices.map(units.examples)
        guard let rewriter else { return (indices, rows) }
        let rewritten = try rewriter.rewritten(rows.flatMap(\.self), afterSteps: step), each = rewriter.sequencesOfEach
        precondition(
            rewritten.count == rows.count * each && units.unit == .sequence, "a step's rows are written one for one")
        return (indices.flatMap { Array(repeating: $0, count: each) }, rewritten.map { [$0] })
    }

    /// Leaves the gradient of (Σ losses / Σ weights of the units `indices`) in the slab, however it is cut into micro-batches.
    private func accumulateGradients(_ rows: [[TokenizedExample]], _ indices: [Int]) throws -> LossSums {
        slab.zeroGradients()
        let weight = rows.reduce(0) { $0 + model.objective.weight(targets: $1.targetCount) }
        let ahead = model.rowsAhead
        let plan = MicroBatchPlan(
            lengths: rows.map { $0.tokenCount + ahead * $0.count }, rowLimit: configuration.rowLimit)
        let words = RandomStream(seed: configuration.seed, purpose: .dropout)
            .words(stream: UInt32(truncatingIfNeeded: step), index: 0)
        let seed = UInt64(words.0) << 32 | UInt64(words.1)
        let cut = plan.ranges.map { range in
            model.objective.batch(rows[range].flatMap(\.self), sequences: indices[range].flatMap(units.sequences))
        }
        var batches: [StepBatch] = []
        var firstRow = 0
        for batch in model.objective.joined(cut) {
            let key = DropoutKey(
                seed: seed, stream: 0, firstRow: firstRow, noiseAlpha: configuration.neftuneNoiseAlpha)
            batches.append(StepBatch(batch, dropout: key))
            firstRow += batch.rowCount
        }
        let gradients = StepGradients(
            model: model, gradientScale: Float(1 / Double(weight)), recomputedBlocks: configuration.recomputedBlocks,
            workspace: workspace)
        let sums = try gradients.accumulate(batches) { number, error in
            // Before the first update it is the files' fault.
            guard step > 0, case .nonFiniteLoss(let example, _) = error else { return error }
            let first = indices.startIndex + plan.ranges[number].lowerBound
            return TrainingError.nonFiniteLoss(
                step: step + 1, examples: [place(indices[first + example / units.unit.sequences])])
        }
        precondition(sums.total.weight == weight, "the objective counts other weights")
        guard sums.total.lossSum.isFinite else {
            let broken = zip(indices, sums.units).filter { !$0.1.lossSum.isFinite }.map(\.0)
            throw TrainingError.nonFiniteLoss(step: step + 1, examples: (broken.isEmpty ? indices : broken).map(place))
        }
        return sums
    }

    /// The global norm, summed in double; throws, with the first tensor concerned, where a gradient is not finite.
    private func checkedGradientNorm(_ indices: [Int]) throws(TrainingError) -> Double {
        let gradients = UnsafeBufferPointer(slab.gradients)
        let norm = Elements.sumOfSquares(gradients).squareRoot()
        guard !norm.isFinite else { return norm }
        let element = Elements.firstNonFinite(gradients)
        let slot = slab.slots.first { slot in element.map { slot.range.contains($0) } ?? false }
        throw .nonFiniteGradient(
            step: step + 1, tensor: slot?.name ?? "all parameters together", examples: indices.map(place))
    }

    /// As `torch.nn.utils.clip_grad_norm_`, its 1e-6 included.
    private func clippingFactor(_ norm: Double) -> Float {
        configuration.maximumGradientNorm.map { Float(min(1, $0 / (norm + 1e-6))) } ?? 1
    }

    /// Where a unit stands in its file, for errors.
    private func place(_ index: Int) -> String { "\(units.place(index))" }

    // MARK: - Between steps

    private func isEvaluationDue(_ hooks: TrainingHooks) -> Bool {
        guard hooks.evaluate != nil, step > 0, progress.evaluations.last?.step != step else { return false }
        return isOwnEvaluation || (step == hooks.pausesAfter && pauseScore?.step != step)
    }

    /// Whether the run itself is scored after this step, wherever it pauses.
    private var isOwnEvaluation: Bool {
        step == configuration.totalSteps || configuration.evaluateEverySteps.map { step % $0 == 0 } ?? false
    }

    private func evaluateIfDue(_ hooks: TrainingHooks) throws {
        guard isEvaluationDue(hooks), var heldOut = try atMean({ try evaluate(hooks) }) else { return }
        if average != nil {
            guard let last = try evaluate(hooks) else { return }
            heldOut.measures.append(MeasuredValue(name: "last_step_loss", value: last.loss))
        }
        let record = EvaluationRecord(step: step, loss: heldOut.loss, measures: heldOut.measures)
        guard isOwnEvaluation else {
            pauseScore = record
            return hooks.onEvent(.evaluated(record, isBest: false))
        }
        let isBest = progress.record(record, earlyStopping: configuration.earlyStopping)
        // At the end of a run the stop has no meaning.
        if step == configuration.totalSteps { progress.isStoppedEarly = false }
        if isBest, configuration.keepsBestValues { bestValues = meanValues ?? Array(slab.values) }
        // A snapshot of this step that was saved before does not know of it.
        savedStep = nil
        hooks.onEvent(.evaluated(record, isBest: isBest))
    }

    private func evaluate(_ hooks: TrainingHooks) throws -> HeldOutLoss? {
        let failure = TrainingError.nonFiniteEvaluation(step: step)
        do {
            guard let heldOut = try hooks.evaluate?() else { return nil }
            guard heldOut.loss.isFinite else { throw failure }
            return heldOut
        } catch ModelError.nonFiniteLoss {
            throw failure
        }
    }

    private var isSaveDue: Bool { step > 0 && configuration.saveEverySteps.map { step % $0 == 0 } ?? false }

    private func save(_ hooks: TrainingHooks) throws {
        guard let save = hooks.save, savedStep != step else { return }
        hooks.beforeSave?()
        let path = try save(snapshot())
        savedStep = step
        hooks.onEvent(.saved(step: step, path: path))
    }

    /// Puts what a run that ends hands on into the slab: the numbers of the best evaluation where there was one, and of a mean of the
    /// steps where that is learnt.
    public func useBestValues() {
        guard let values = bestValues ?? meanValues else { return }
        use(values)
    }

    /// The numbers after the last step, in the places of the slab.
    public var lastValues: [Float] { Array(slab.values) }

    /// The mean that is judged and handed on; nil where that is what gradients are taken at.
    var meanValues: [Float]? {
        if optimiser.hasMean { return optimiser.mean(afterSteps: step) }
        return average.map { $0.values ?? Array(slab.values) }
    }

    /// Runs `body` on the mean of the steps, where there is one.
    private func atMean<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard let meanValues else { return try body() }
        let values = lastValues
        use(meanValues)
        defer { use(values) }
        return try body()
    }

    private func use(_ values: [Float]) {
        _ = slab.values.update(from: values)
        slab.valuesChanged()
    }

    /// Whether the numbers that the run hands on are others than those of its last step.
    public var handsOnEarlierValues: Bool { bestValues != nil && progress.best?.step != step }
}

extension [TokenizedExample] {
    /// Tokens of all of them.
    fileprivate var tokenCount: Int { reduce(0) { $0 + $1.ids.count } }
    /// Those that carry loss.
    fileprivate var targetCount: Int { reduce(0) { $0 + $1.targetCount } }
}

/// Seconds and tokens of the steps of this process.
private struct StepClock {
    var seconds = 0.0
    var steps = 0
    var tokens = 0

    var tokensPerSecond: Double { seconds > 0 ? Double(tokens) / seconds : 0 }
    var secondsPerStep: Double { steps > 0 ? seconds / Double(steps) : 0 }

    mutating func timing<Result>(_ body: () throws -> Result) rethrows -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        let result = try body()
        seconds += (clock.now - start) / .seconds(1)
        steps += 1
        return result
    }
}
