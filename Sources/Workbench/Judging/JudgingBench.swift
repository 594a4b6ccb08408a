// Where rows are judged: the model with an adapter on it, and how much is computed at once.

internal import Adapters
internal import Checkpoints
internal import Datasets
internal import Evaluation
internal import Foundation
internal import Models
internal import Objectives
internal import Optimisers
internal import Preparation
internal import Recipes
internal import Selection
internal import Tensors
internal import Training

/// The session's model made ready to judge rows.
struct JudgingBench {
    let session: Session
    let examples: JudgedExamples
    let learner: Learner
    /// The adapter that is on the model.
    let adapter: AdapterSet
    /// What a checkpoint says of the steps that led to it.
    let direction: AdamDirection?
    let memory: MemoryPlan
    let workspace: Workspace
    let observer: any RunObserver

    /// Token rows of a micro-batch, where no row is longer: so few that no memory is too little for them. How rows are cut decides
    /// rounding, and a list must not depend on the memory that is free at the moment.
    private static let rowsAtOnce = 256

    private var recipe: Recipe { session.recipe }
    private var seed: UInt64 { UInt64(bitPattern: Int64(recipe.seed)) }

    /// - Parameters:
    ///   - others: units that are looked at beside those of `examples`.
    ///   - path: of the step, for messages.
    init(
        _ session: Session, _ examples: JudgedExamples, _ others: [ExampleUnits], _ step: JudgedStep, _ path: String,
        _ observer: any RunObserver
    ) throws {
        try session.base().requireOneText(for: path)
        let recipe = session.recipe, model = try session.model(), base = try session.base()
        guard !recipe.task.hasHead else {
            throw Failure(
                .badInput,
                "\(path): rows are judged by a model that writes, and task: \(recipe.task.rawValue) has a head",
                hint: "leave the step out, or prepare the rows first with a recipe of task: generate")
        }
        self.session = session
        self.examples = examples
        self.observer = observer
        if let stored = step.adapter {
            (adapter, direction) = try Self.stored(stored, on: model, base, step, recipe.train, path, observer)
        } else {
            let configuration = try AdapterConfiguration(
                recipe.judgingAdapter, for: model.linearLayers.map(AdaptableLayer.init),
                of: ModelFamily.named(model.configuration.family))
            adapter = try AdapterSet(configuration, for: model)
            direction = nil
            adapter.attach(to: model)
        }
        learner = Learner(model, recipe.learntOfRows)
        let parameters = adapter.slab.count
        let longest =
            max(
                examples.longest, others.flatMap { units in (0..<units.count).map(units.tokenCount) }.max() ?? 1)
            + model.rowsAhead * learner.objective.unit.sequences
        memory = try MemoryPlan(
            recipe.train, learner,
            // Adam's moments as they are kept and as they are looked at.
            heldBytes: MemoryPlan.heldBytes(base, model, parameters: parameters) + 4 * 4 * parameters,
            longest: longest, largestStep: min(longest * recipe.train.batchSize, Self.rowsAtOnce))
        workspace = Workspace(
            reservingBytes: learner.predictedBytes(
                rows: memory.rowLimit, recomputedBlocks: memory.recomputedBlocks))
    }

    /// An adapter on disk, on the model, without dropout.
    private static func stored(
        _ path: String, on model: LanguageModel, _ base: OpenedModel, _ step: JudgedStep, _ train: TrainSection,
        _ key: String, _ observer: any RunObserver
    ) throws -> (AdapterSet, AdamDirection?) {
        let file = try StoredAdapter(path)
        try file.requireLanguage("\(key).adapter", path)
        let attached = try file.attached(to: model, base)
        for warning in attached.warnings { observer.receive(.warning(warning)) }
        guard case .select = step else { return (attached.set, nil) }
        guard !attached.set.adaptsHead else {
            throw Failure(
                .badInput, "\(key).adapter: \(path: path) has an adapter on the head, which has no gradient here",
                hint: "name an adapter without lm_head, or leave the key out")
        }
        var configuration = attached.set.configuration
        configuration.dropout = 0
        let set = try AdapterSet(configuration, for: model), slab = attached.set.slab
        try set.load(slab.slots.map { ($0.name, $0.rows, $0.columns, Array(slab.values[$0.range])) })
        set.attach(to: model)
        let direction = try AdamDirection(checkpoint: path, of: set.slab, train)
        if direction == nil {
            observer.receive(
                .note(
                    "\(key).adapter: \(path: path) keeps no moments of AdamW, as a checkpoint of a run does, so gradients "
                        + "are compared as they are"))
        }
        return (set, direction)
    }

    // MARK: Training

    /// Trains the adapter anew on the sequences `numbers`; what Adam keeps at the end.
    ///
    /// - Parameter work: what the steps are for, for the progress line.
    func train(on numbers: [Int], steps: Int, for work: String) throws -> AdamDirection {
        adapter.initialise(seed: seed, on: learner.model)
        let training = BriefTraining(
            learner, recipe.train, seed: seed, rowLimit: memory.rowLimit, recomputedBlocks: memory.recomputedBlocks,
            workspace: workspace)
        let schedule = LearningRateSchedule(.linear, peak: recipe.train.learningRate, totalSteps: steps)
        return try training.run(adapter.slab, on: ExampleSubset(examples.data.examples, numbers), schedule) {
            observer.receive(.progress(done: $0, total: steps, unit: "steps (\(work))"))
        }
    }

    /// Steps of `epochs` passes over so many sequences.
    func steps(_ sequences: Int, epochs: Double) -> Int {
        let order = ExampleOrder(
            exampleCount: sequences / examples.units.unit.sequences, batchSize: recipe.train.batchSize, seed: seed)
        return max(1, order.steps(epochs: epochs))
    }

    // MARK: States, gradients and losses

    /// What the base makes of prompts; nil for one without a token.
    func states(of prompts: [[Int32]]) throws -> [[Float]?] {
        try withoutAdapter {
            try PromptStates(learner.model, rowLimit: Self.rowsAtOnce, workspace: workspace).means(of: prompts) {
                observer.receive(.progress(done: $0, total: prompts.count, unit: "rows (states)"))
            }
        }
    }

    /// Takes gradients at the adapter as it stands.
    func gradients(projection: Int) -> RowGradients {
        RowGradients(
            learner, adapter.slab, sketch: GradientSketch(size: projection, seed: seed),
            recomputedBlocks: memory.recomputedBlocks, workspace: workspace)
    }

    /// Scores sequences with the model as it stands.
    var scorer: ObservedEvaluator {
        ObservedEvaluator(
            learner, workspace: workspace, longest: examples.data.report.longestExample, observer: observer)
    }

    /// The mean loss of each of some entries, with the model as it stands.
    func losses(of entries: [Int], for work: String) throws -> [Double] {
        let subset = ExampleSubset(examples.data.examples, examples.sequences(entries))
        let scores = try scorer.scores(of: subset, unit: "examples (\(work))")
        let perRow = try HeldOutScores(scores, perRowOf: ExampleUnits(subset, of: examples.units.unit))
        return perRow.rows.map { $0.meanLoss ?? 0 }
    }

    /// Runs `body` with the base alone.
    func withoutAdapter<Result>(_ body: () throws -> Result) rethrows -> Result {
        try adapter.whileDetached(from: learner.model, body)
    }
}

extension JudgedStep {
    /// An adapter on disk that the step names.
    var adapter: String? {
        switch self {
        case .select(let step): step.adapter
        case .rank(let step): step.adapter
        }
    }
}

extension AdamDirection {
    /// What AdamW kept when the checkpoint at `path` was saved; nil where the file is none, or of another optimiser.
    fileprivate init?(checkpoint path: String, of slab: ParameterSlab, _ train: TrainSection) throws {
        let url = URL(fileURLWithPath: path)
        guard try CheckpointAdapter.isAt(url), try CheckpointAdapter(url).isOfTraining else { return nil }
        let snapshot = try Checkpoint.read(url)
        guard snapshot.optimiser == .adamw, snapshot.step > 0 else { return nil }
        let states = Dictionary(snapshot.parameters.map { ($0.name, $0.states) }) { first, _ in first }
        let ordered = slab.slots.compactMap { states[$0.name] }
        guard ordered.count == slab.slots.count else { return nil }
        self.init(states: ordered, of: slab, steps: snapshot.step, train)
    }
}
