// Everything that must be ready before the first step of training, and what is decided by it.

internal import Adapters
internal import Checkpoints
internal import Datasets
internal import Digests
internal import Evaluation
internal import Foundation
internal import Kernels
internal import Models
internal import Objectives
internal import Optimisers
internal import Recipes
internal import Spelling
internal import Tensors
internal import Training
internal import WeightFiles

/// A recipe made ready to train: rows, adapter, and how steps are cut. The adapter is on the session's model.
struct TrainingSetup {
    let split: PreparedSplit
    /// The model, and what it learns.
    let learner: Learner
    /// The model, and what its held-out rows are scored by: of what it learns, what needs no teacher and no weights of classes.
    let scored: Learner
    /// Whom it learns from; nil where that is the rows themselves.
    let teacher: Teacher?
    /// What holds its hidden states against the teacher's; nil where they are not looked at.
    let hidden: HiddenMatch?
    /// What says how good answers of the model's own are; nil where it learns from none.
    let rewards: RecipeRewards?
    /// Rows that are not trained on and on which the thresholds of labels are chosen; nil where none are.
    private(set) var thresholdRows: (any ExampleSource)?
    /// The training rows, as the objective takes them.
    let units: ExampleUnits
    let adapter: AdapterSet
    let provenance: AdapterProvenance
    let memory: MemoryPlan
    let configuration: TrainingConfiguration
    /// The adapter's matrices by what a step is for them.
    let groups: [ParameterGroup]
    /// The buffers of steps.
    let workspace: Workspace
    /// What becomes of the adapter in each export.
    let exports: [(entry: ExportEntry, notes: [String])]
    /// What must agree for a run to go on from a checkpoint: recipe, rows, base, and what decides rounding.
    let fingerprint: RunFingerprint

    /// Opens all that training needs in `session` and tells what a person should know of it.
    ///
    /// - Parameters:
    ///   - writes: whether this is a run, which keeps the prepared rows, and not a plan.
    ///   - begins: whether the adapter's first numbers count, which may take a look at weights and rows; else its sizes do.
    ///   - earlier: what a run goes on from, whose start is known.
    /// - Throws: all that can be known before the first step: also what cannot be measured after the last one.
    static func open(
        _ session: Session, writes: Bool, begins: Bool = true, from earlier: TrainingSnapshot? = nil,
        _ observer: any RunObserver
    ) throws -> TrainingSetup {
        try session.followVectors()
        try session.followOwnLabels()
        let recipe = session.recipe
        for notice in recipe.notices { observer.receive(.note("\(notice)")) }
        try session.startComputing()
        let base = try session.base()
        try session.requireWriter(for: "training")
        for (index, entry) in recipe.export.enumerated() where !entry.isAdapter {
            try ExportStage.require(entry.format, holding: base, in: entry.type, "export[\(index)].format:")
        }
        try recipe.requireTrainableTask()
        try session.requireClassOfRun()
        if recipe.distill.isAsked { try base.requireOneText(for: "distill") }
        base.startDigest()
        let (split, thresholdRows) = try openRows(session, writes: writes, observer).holdingBack(for: recipe, observer)
        if let thresholdRows {
            observer.receive(
                .note(
                    "head.threshold_size: \(Count.text(thresholdRows.count, "training row")) not trained on, to choose thresholds"
                ))
        }
        let model = try session.model()
        let teacher = try session.teacher()
        try teacher?.take(split, session)
        for warning in teacher?.warnings ?? [] { observer.receive(.warning(warning)) }
        let head = try split.head(recipe, on: model)
        let adapter = try attach(
            session, model, base, head, begins ? .run(split, earlier: earlier) : .plan, observer)
        let rewards = try session.openRewards(split, observer)
        var setup = try TrainingSetup(session, split, model, taughtBy: teacher, rewardedBy: rewards, adapter)
        setup.thresholdRows = thresholdRows
        for warning in try recipe.train.stepWarnings(steps: setup.configuration.totalSteps) {
            observer.receive(.warning(warning))
        }
        for (entry, notes) in writes ? setup.exports : [] {
            for note in notes { observer.receive(.note("export \(entry.format.rawValue): \(note)")) }
        }
        session.training = setup
        session.take(AttachedAdapter(set: adapter, provenance: setup.provenance))
        return setup
    }

    /// Hands on the adapter as it stands, relative to the untouched base: it acts on the session's model from then on, and what is written
    /// of it says how many steps it was trained for.
    @discardableResult
    func handOn(steps: Int, _ session: Session) throws -> AttachedAdapter {
        handOn(try adapter.withoutOrigin(), steps: steps, session)
    }

    /// The same of the adapter that an earlier call wrote to `folder`.
    func handOn(from folder: URL, steps: Int, _ session: Session) throws {
        handOn(try AdapterSet(PEFTDirectory(folder), for: learner.model), steps: steps, session)
    }

    @discardableResult
    private func handOn(_ set: AdapterSet, steps: Int, _ session: Session) -> AttachedAdapter {
        if set !== adapter { set.attach(to: learner.model) }
        var provenance = self.provenance
        provenance.steps = steps
        let attached = AttachedAdapter(set: set, provenance: provenance)
        session.take(attached)
        return attached
    }

    private static func openRows(
        _ session: Session, writes: Bool, _ observer: any RunObserver
    ) throws -> PreparedSplit {
        observer.receive(.stage("prepare", detail: session.rowRecipe.data.train.joined(separator: ", ")))
        let split = try session.openRows(staged: writes, observer)
        try split.requireComparisons(session.recipe)
        // What cannot be measured is said now, not after hours of training.
        let tasks = try session.tasksOfRun()
        let notes = tasks == nil ? [] : try session.heldOutSets(observer).flatMap(\.notes)
        for line in writes ? split.report.notes : [] { observer.receive(.note(line)) }
        // A plan's report says itself what the rows' is.
        for line in (writes ? split.report.warnings : []) + (try session.base().warnings) + notes {
            observer.receive(.warning(line))
        }
        return split
    }

    /// A new adapter as the recipe asks for it, and the layers among which it chooses.
    static func newAdapter(
        _ recipe: Recipe, on model: LanguageModel, _ base: OpenedModel
    ) throws -> (configuration: AdapterConfiguration, layers: [AdaptableLayer]) {
        // Tokens before texts stand on no layer.
        if let prompt = try recipe.promptTuning(base.tokenizer) { return (AdapterConfiguration(prompt), []) }
        let adapted = AdaptedModel(model)
        // Who does not ask for the language's head does not train it either.
        let layers = recipe.task.writesText ? adapted.layers : adapted.layers.dropLast()
        return (
            try AdapterConfiguration(
                recipe.adapter, for: layers, of: ModelFamily.named(model.configuration.family),
                beside: adapted.parameters, base.tokenizer), layers
        )
    }

    /// The adapter that is trained: a new one, or that of `adapter.continue_from`.
    private static func attach(
        _ session: Session, _ model: LanguageModel, _ base: OpenedModel, _ head: SavedHead?,
        _ occasion: AdapterBeginning.Occasion, _ observer: any RunObserver
    ) throws -> AdapterSet {
        let recipe = session.recipe
        guard let path = recipe.adapter.continueFrom else {
            let new = try newAdapter(recipe, on: model, base)
            var configuration = new.configuration
            configuration.head = head
            for note in configuration.notes(on: AdapterConfiguration.leftOut(recipe.adapter, of: new.layers)) {
                observer.receive(.note(note))
            }
            let adapter = try AdapterBeginning(session, model, occasion).adapter(configuration, observer)
            if let own = base.ownHead, head != nil {
                let goesOn = adapter.begin(with: own)
                observer.receive(
                    .note(
                        goesOn
                            ? "the head begins with the numbers of the model's own"
                            : "the model's own head answers something else: the layer of the answers is begun anew"))
            }
            adapter.attach(to: model)
            return adapter
        }
        let set = try recipe.continuedAdapter(path, model, base, head, observer: observer)
        try AdapterConfiguration.naming("adapter.continue_from: \(path: path): ") {
            try set.requireTrainable(for: recipe.task)
        }
        let objective = recipe.train.objective
        let hasReference = objective.hasReference || (objective.writesAnswers && recipe.train.policyBeta > 0)
        if hasReference, recipe.train.preferences.referenceAdapter == nil {
            observer.receive(
                .note(
                    "train.objective: the reference is the base as it is, without the adapter that \(path: path) begins "
                        + "with; train.reference_adapter: \(path: path) makes it what it begins with"))
        }
        return set
    }

    /// Cuts the steps of an adapter that is on its model.
    private init(
        _ session: Session, _ split: PreparedSplit, _ model: LanguageModel, taughtBy teacher: Teacher?,
        rewardedBy rewards: RecipeRewards?, _ adapter: AdapterSet
    ) throws {
        let recipe = session.recipe, base = try session.base()
        self.split = split
        scored = Learner(model, try session.referring(recipe.scored))
        let hidden = try teacher.flatMap { try recipe.distill.hiddenMatch(model, $0) }
        self.hidden = hidden
        learner =
            try teacher.map {
                Learner(model, try recipe.distill.objective(from: session.source(of: $0), matching: hidden))
            }
            ?? Learner(model, try session.referring(recipe.learnt))
        self.teacher = teacher
        self.rewards = rewards
        self.adapter = adapter
        groups = try recipe.train.groups(of: adapter)
        exports = try recipe.exportNotes(of: adapter, on: AdaptedModel(learner.model))
        let startDigest = try recipe.adapter.continueFrom.map(StoredAdapter.digest)
        units = ExampleUnits(split.train.examples, of: learner.objective.unit)
        memory = try Self.memory(
            recipe, base, learner, adapter, split, units,
            besides: (teacher?.heldBytes ?? 0) + (hidden?.byteCount ?? 0) + adapter.originBytes
                + (try session.reference()?.heldBytes ?? 0))
        workspace = Workspace(
            reservingBytes:
                learner.predictedBytes(rows: memory.rowLimit, recomputedBlocks: memory.recomputedBlocks))
        let baseDigest = try base.weights.contentDigest()
        // What the model's folder adds to the recipe is known only here; who goes on compares the recipe before.
        let keys = session.resolved.recipe.decidingKeys
        var provenance = AdapterProvenance(
            baseName: URL(fileURLWithPath: base.path).lastPathComponent, baseDigest: baseDigest,
            baseQuantisation: base.weights.quantisationSummary, templateDigest: base.templateDigest,
            recipeDigest: RunFingerprint(keys: keys, parts: []).recipeDigest, dataDigest: split.digest,
            rendering: split.train.report.rendering)
        provenance.vectors = recipe.vectorNotes
        self.provenance = provenance
        configuration = Self.configuration(recipe, examples: units.count, memory: memory)
        do throws(AdapterError) { try adapter.note(totalSteps: configuration.totalSteps) } catch {
            throw Failure(
                error.kind, "adapter.\(error)", hint: "train.max_steps or train.epochs say how many steps there are")
        }
        fingerprint = RunFingerprint(
            keys: keys,
            parts: [
                ("training and held-out rows", split.digest), ("base model", baseDigest),
                ("chat template", base.templateDigest ?? "none"),
                ("adapter.continue_from", startDigest ?? "none"), ("model.precision", "\(learner.model.precision)"),
                ("instruction set", Processor.instructionSet), ("threads", "\(Processor.threads)"),
                (RunFingerprint.microBatch, "\(memory.rowLimit)"),
                ("blocks computed twice", "\(memory.recomputedBlocks)"),
            ] + (try teacher.map { [("teacher", try $0.digest())] } ?? [])
                + (try rewards.flatMap { _ in try recipe.train.policy.rewards.digestOfFiles() }
                    .map { [("train.rewards", $0)] } ?? [])
                + (try AdapterBeginning.digest(of: recipe).map { [("adapter.loftq_model", $0)] } ?? [])
                + (try recipe.train.preferences.referenceAdapter
                    .map { [("train.reference_adapter", try StoredAdapter.digest($0))] } ?? [])
                + (Self.readsPromptsOnce(learner, recipe)
                    ? [(RunFingerprint.arithmetic, "a prompt is computed once for its answers")] : [])
                + (recipe.vectorNotes.map { [("vectors", "\($0.pooling) \($0.isNormalized)")] } ?? []))
    }

    /// Whether steps compute a prompt once for all answers to it, whose gradients differ in their last bits from those of each by itself.
    private static func readsPromptsOnce(_ learner: Learner, _ recipe: Recipe) -> Bool {
        let key = DropoutKey(seed: 0, stream: 0, firstRow: 0, noiseAlpha: recipe.train.neftuneNoiseAlpha)
        return learner.objective.looksAtAnswersOnly && learner.model.sharesPrompts(key)
    }

    private static func memory(
        _ recipe: Recipe, _ base: OpenedModel, _ learner: Learner, _ adapter: AdapterSet, _ split: PreparedSplit,
        _ units: ExampleUnits, besides: Int
    ) throws -> MemoryPlan {
        let ahead = learner.model.rowsAhead, sequences = units.unit.sequences, parameters = adapter.slab.count
        let lengths = (0..<units.count).map { units.rowCount($0, ahead: ahead) }
        // Answers of the model's own stand in the place of the rows'.
        let longest = (lengths.max() ?? 1) + recipe.train.mostTokensOfAnswers
        let longestTokens = (lengths.max() ?? 1) - ahead * sequences
        let slots = adapter.slab.trainedSlots, optimizer = recipe.train.optimizer
        let states = optimizer.stateBytes(for: slots) + optimizer.scratchBytes(for: slots)
        let best = recipe.train.evalEvery > 0 && recipe.train.saveBest ? parameters * 4 : 0
        let mean = recipe.train.meanBytes(parameters: parameters)
        return try MemoryPlan(
            recipe.train, learner,
            heldBytes: MemoryPlan.heldBytes(base, learner.model, parameters: parameters) + states + best + mean.held
                + besides + learner.stepBytes(of: units, recipe.train.batchSize)
                + OwnAnswers.bytes(recipe, learner.model, longest: longestTokens)
                + GroupAnswers.bytes(
                    recipe, learner.model, longest: longestTokens, heldOut: split.heldOut?.report),
            longest: max(longest, ((split.heldOut?.report.longestExample ?? 1) + ahead) * sequences),
            largestStep: recipe.distill.isOnPolicy || recipe.train.objective.writesAnswers
                ? longest * recipe.train.batchSize * recipe.train.answersToEach
                : lengths.sorted(by: >).prefix(recipe.train.batchSize).reduce(0, +))
    }

    /// How many steps the recipe has with so many examples, or pairs.
    static func steps(_ recipe: Recipe, examples: Int) -> Int {
        let train = recipe.train
        let order = ExampleOrder(
            exampleCount: examples, batchSize: train.batchSize, seed: UInt64(bitPattern: Int64(recipe.seed)))
        return train.maxSteps ?? max(1, order.steps(epochs: train.epochs) * train.stepsOfEachRow)
    }

    private static func configuration(_ recipe: Recipe, examples: Int, memory: MemoryPlan) -> TrainingConfiguration {
        let train = recipe.train
        let seed = UInt64(bitPattern: Int64(recipe.seed))
        let steps = Self.steps(recipe, examples: examples)
        return TrainingConfiguration(
            seed: seed, batchSize: train.batchSize, rowLimit: memory.rowLimit,
            recomputedBlocks: memory.recomputedBlocks,
            schedule: train.schedule(steps: steps),
            maximumGradientNorm: train.maxGradNorm > 0 ? train.maxGradNorm : nil,
            evaluateEverySteps: train.evalEvery > 0 ? train.evalEvery : nil,
            saveEverySteps: train.saveEvery > 0 ? train.saveEvery : nil,
            earlyStopping: train.earlyStoppingPatience > 0 ? EarlyStopping(patience: train.earlyStoppingPatience) : nil,
            keepsBestValues: train.saveBest, shuffles: recipe.data.shuffle, averageDecay: train.emaDecay,
            neftuneNoiseAlpha: train.neftuneNoiseAlpha)
    }
}
