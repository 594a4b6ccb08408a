// Training a recipe's adapter: everything that must be ready before the first step, the steps, and what they leave.

internal import Adapters
internal import Checkpoints
internal import DataReports
internal import Datasets
internal import Digests
internal import Evaluation
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Objectives
internal import Optimisers
internal import Recipes
internal import Tensors
internal import Tokenizers
internal import Training
internal import WeightFiles

/// A recipe made ready to train: model, rows, adapter and plan.
final class TrainingRun {
    let recipe: Recipe
    let opened: OpenedModel
    let split: PreparedSplit
    /// What held-out rows are asked; nil where there are none.
    let tasks: HeldOutTasks?
    let model: LanguageModel
    /// The model, and what it learns.
    let learner: Learner
    /// The training rows, as the objective takes them.
    let units: ExampleUnits
    let adapter: AdapterSet
    let memory: MemoryPlan
    let precisionReason: String
    let provenance: AdapterProvenance
    let configuration: TrainingConfiguration
    let workspace: Workspace
    /// The newest checkpoint on disk; empty where there is none.
    private(set) var saved = ""
    /// What the optimiser keeps from step to step.
    let optimiserBytes: Int
    /// What is held beside the buffers of a pass and beside what only training holds, as rows are planned for.
    private let heldBytes: Int
    /// SHA-256 of the adapter that is trained further.
    private let startDigest: String?

    /// - Parameter writes: whether this is a run, which keeps the prepared rows, and not a plan.
    init(_ resolved: ResolvedRecipe, writes: Bool, observer: any RunObserver) throws {
        recipe = resolved.recipe
        for notice in recipe.notices { observer.receive(.note("\(notice)")) }
        try Compute.start(recipe)
        opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        for (index, entry) in recipe.export.enumerated() {
            try ExportStage.require(entry.format, holding: opened, "export[\(index)].format:")
        }
        opened.startDigest()
        observer.receive(.stage("prepare", detail: recipe.data.train.joined(separator: ", ")))
        let preparation = try RowPreparation(recipe.data, opened, for: recipe.train.learnt)
        split = try preparation.split(recipe, staged: writes, observer: observer)
        // What cannot be measured is said now, not after hours of training.
        tasks = try HeldOutTasks(resolved.recipe, heldOut: split.heldOut, preparation: preparation)
        for line in writes ? split.report.notes : [] { observer.receive(.note(line)) }
        // A plan's report says itself what the rows' is.
        for line in (writes ? split.report.warnings : []) + opened.warnings + (tasks?.notes ?? []) {
            observer.receive(.warning(line))
        }
        let precision = OpenedModel.precision(recipe.model.precision)
        precisionReason = precision.reason
        model = try opened.languageModel(precision: precision.type)
        adapter = try Self.adapter(recipe, model, opened, observer)
        if recipe.train.objective.comparesAnswers, let path = recipe.adapter.continueFrom {
            observer.receive(
                .note(
                    "train.objective: the reference is the base as it is, without the adapter that \(path) begins with")
            )
        }
        startDigest = try recipe.adapter.continueFrom.map(AttachedAdapter.digest)
        learner = Learner(model, recipe.train.learnt)
        let units = ExampleUnits(split.train.examples, of: learner.objective.unit)
        self.units = units
        let lengths = (0..<units.count).map(units.tokenCount)
        optimiserBytes = recipe.train.optimizer.stateBytes(for: adapter.slab.slots)
        heldBytes = MemoryPlan.heldBytes(opened, model, parameters: adapter.slab.count)
        let best = recipe.train.evalEvery > 0 && recipe.train.saveBest ? adapter.slab.count * 4 : 0
        memory = try MemoryPlan(
            recipe.train, learner, heldBytes: heldBytes + optimiserBytes + best,
            longest: max(lengths.max() ?? 1, (split.heldOut?.report.longestExample ?? 1) * units.unit.sequences),
            largestStep: lengths.sorted(by: >).prefix(recipe.train.batchSize).reduce(0, +))
        workspace = Workspace(
            reservingBytes:
                learner.predictedBytes(rows: memory.rowLimit, recomputedBlocks: memory.recomputedBlocks))
        provenance = AdapterProvenance(
            baseName: URL(fileURLWithPath: opened.path).lastPathComponent,
            baseDigest: try opened.weights.contentDigest(),
            baseQuantisation: opened.weights.quantisationSummary, templateDigest: opened.templateDigest,
            recipeDigest: RunFingerprint(keys: recipe.decidingKeys, parts: []).recipeDigest, dataDigest: split.digest,
            rendering: split.train.report.rendering)
        configuration = Self.configuration(recipe, examples: units.count, memory: memory)
        for warning in try recipe.train.stepWarnings(steps: configuration.totalSteps) {
            observer.receive(.warning(warning))
        }
    }

    /// Gives back what is not needed between steps nor after training: its buffers, and the base's pages.
    func releaseMemory() {
        workspace.release()
        opened.weights.releasePages()
    }

    /// Buffers for scoring without gradients; those of training go back to the system.
    func evaluationWorkspace() -> Workspace {
        workspace.release()
        return Workspace(reservingBytes: evaluationBytes)
    }

    /// Bytes of these buffers.
    var evaluationBytes: Int {
        EvaluationRows.bytes(for: model, memoryLimit: recipe.train.memoryLimitBytes, heldBytes: heldBytes)
    }

    private static func adapter(
        _ recipe: Recipe, _ model: LanguageModel, _ opened: OpenedModel, _ observer: any RunObserver
    ) throws -> AdapterSet {
        if let path = recipe.adapter.continueFrom {
            let set = try recipe.continuedAdapter(path, model, opened, observer: observer)
            guard !set.adaptsHead else {
                throw Failure(
                    .badInput, "\(path) has an adapter on the head, which is not trained here",
                    hint: "merge it into the base first, or continue an adapter without lm_head")
            }
            return set
        }
        let configuration = try AdapterConfiguration(recipe.adapter, linearPaths: model.linearLayers.map(\.path))
        let adapter = try AdapterSet(configuration, for: model)
        adapter.initialise(seed: UInt64(bitPattern: Int64(recipe.seed)), on: model)
        adapter.attach(to: model)
        return adapter
    }

    private static func configuration(_ recipe: Recipe, examples: Int, memory: MemoryPlan) -> TrainingConfiguration {
        let train = recipe.train
        let seed = UInt64(bitPattern: Int64(recipe.seed))
        let order = ExampleOrder(exampleCount: examples, batchSize: train.batchSize, seed: seed)
        let steps = train.maxSteps ?? max(1, order.steps(epochs: train.epochs))
        return TrainingConfiguration(
            seed: seed, batchSize: train.batchSize, rowLimit: memory.rowLimit,
            recomputedBlocks: memory.recomputedBlocks,
            schedule: train.schedule(steps: steps),
            maximumGradientNorm: train.maxGradNorm > 0 ? train.maxGradNorm : nil,
            evaluateEverySteps: train.evalEvery > 0 ? train.evalEvery : nil,
            saveEverySteps: train.saveEvery > 0 ? train.saveEvery : nil,
            earlyStopping: train.earlyStoppingPatience > 0 ? EarlyStopping(patience: train.earlyStoppingPatience) : nil,
            keepsBestValues: train.saveBest, shuffles: recipe.data.shuffle)
    }

    /// What must agree for a run to go on from a checkpoint: recipe, rows, base, and what decides rounding.
    var fingerprint: RunFingerprint {
        RunFingerprint(
            keys: recipe.decidingKeys,
            parts: [
                ("training and held-out rows", split.digest), ("base model", provenance.baseDigest ?? "none"),
                ("chat template", opened.templateDigest ?? "none"),
                ("adapter.continue_from", startDigest ?? "none"), ("model.precision", "\(model.precision)"),
                ("instruction set", Processor.instructionSet), ("threads", "\(Processor.threads)"),
                (RunFingerprint.microBatch, "\(memory.rowLimit)"),
                ("blocks computed twice", "\(memory.recomputedBlocks)"),
            ])
    }

    // MARK: - Training

    /// Trains, going on from the checkpoint of an earlier call; leaves the adapter that the run hands on attached and written.
    func train(
        in directory: RunDirectory, from earlier: EarlierRun?, observer: any RunObserver, stopRequest: StopRequest
    ) throws -> TrainingOutcome {
        let trainer = try makeTrainer()
        for error in earlier?.skipped ?? [] { observer.receive(.warning("passed over a checkpoint: \(error)")) }
        if let newest = earlier?.newest {
            try trainer.restore(newest.snapshot)
            saved = newest.url.path
        }
        let log = try EventLog(directory, append: trainer.step > 0, observer: observer)
        let curves = try CurveLog(directory, afterStep: trainer.step, observer: observer)
        observer.receive(
            .stage(
                "train",
                detail: "\(precisionReason); \(Processor.threads) threads, \(Processor.instructionSet); "
                    + "micro-batches of up to \(memory.rowLimit) tokens\(memory.note)"))
        var isWritten = false
        var hooks = TrainingHooks(
            onEvent: { [logEvery = recipe.train.logEvery] event in
                // What a checkpoint was made of is many small pieces: not beside the next step's buffers.
                if case .saved = event { FreedMemory.giveBack() }
                guard event.isDue(every: logEvery) else { return }
                for listener in [observer, log, curves] as [any RunObserver] { listener.receive(.training(event)) }
            },
            evaluate: evaluation(observer, stopRequest),
            // A checkpoint is made in memory before it is written: not on top of the step's buffers.
            beforeSave: { [self] in releaseMemory() },
            save: save(in: directory),
            stopRequest: stopRequest)
        hooks.afterLastStep = { [self] in
            try writeAdapter(to: directory.adapter, steps: trainer.step)
            isWritten = true
        }
        let outcome = try trainer.run(hooks)
        guard outcome.ending != .interrupted else { return outcome }
        trainer.useBestValues()
        if !isWritten || trainer.handsOnEarlierValues { try writeAdapter(to: directory.adapter, steps: outcome.steps) }
        return outcome
    }

    private func makeTrainer() throws -> Trainer {
        var adapterJSON = adapter.configuration.peftJSON(targetModules: adapter.coverage.matched, baseName: opened.path)
        adapterJSON["lathe_provenance"] = .object(provenance.json)
        let group = ParameterGroup(adapter.slab.slots, weightDecay: recipe.train.weightDecay)
        return try Trainer(
            model: learner, optimiser: Optimiser(recipe.train, slab: adapter.slab, groups: [group]),
            examples: split.train.examples, configuration: configuration,
            identity: TrainingSnapshot.Identity(
                fingerprint: fingerprint.text, recipe: recipe.resolvedYAML(),
                adapterConfiguration: JSONValue.object(adapterJSON).text()),
            workspace: workspace)
    }

    /// The loss over the held-out rows; `nil` where there are none. An evaluation during which the run is asked to stop is
    /// given up.
    private func evaluation(
        _ observer: any RunObserver, _ stopRequest: StopRequest
    ) -> (() throws -> HeldOutLoss?)? {
        split.heldOut.map { heldOut in
            // Without gradients more rows fit into the same buffers.
            let scorer = ObservedEvaluator(
                learner, workspace: workspace, longest: heldOut.report.longestExample, observer: observer,
                stopRequest: stopRequest)
            return { [objective = learner.objective] in
                do {
                    let scores = try scorer.scores(of: heldOut.examples, unit: "examples")
                    return HeldOutLoss(scores.loss ?? .nan, measures: objective.told(scores.total))
                } catch is CancellationError {
                    return nil
                }
            }
        }
    }

    private func save(in directory: RunDirectory) -> (TrainingSnapshot) throws -> String {
        let folder = CheckpointFolder(directory.url)
        let keepLast = max(recipe.train.keepLast, 1)
        let retention = recipe.train.saveBest ? Retention.lastAndBest(keepLast) : .last(keepLast)
        return { [self, reserved = workspace.reservedBytes] snapshot in
            defer { workspace.reserve(bytes: reserved) }
            saved = try folder.save(snapshot, retention: retention).path
            return saved
        }
    }

    // MARK: - The adapter

    /// Writes the adapter as it stands, as PEFT reads it.
    private func writeAdapter(to url: URL, steps: Int) throws {
        var provenance = provenance
        provenance.steps = steps
        try adapter.writePEFT(to: url, baseName: opened.path, provenance: provenance)
    }

    /// SHA-256 of an adapter's factors' file.
    func adapterDigest(_ url: URL) throws -> String {
        try MappedFile(url.appendingPathComponent("adapter_model.safetensors")).digest
    }

    /// Takes the numbers that an earlier call trained.
    func takeAdapter(from url: URL) throws { try adapter.load(PEFTDirectory(url).values()) }
}
