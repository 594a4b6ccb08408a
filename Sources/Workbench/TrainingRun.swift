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
    let model: LanguageModel
    let adapter: AdapterSet
    let memory: MemoryPlan
    let precisionReason: String
    let provenance: AdapterProvenance
    let configuration: TrainingConfiguration
    let workspace: Workspace

    /// - Parameter writes: whether the run directory keeps the prepared rows.
    init(_ resolved: ResolvedRecipe, writes: Bool, observer: any RunObserver) throws {
        recipe = resolved.recipe
        for notice in recipe.notices { observer.receive(.note("\(notice)")) }
        Compute.start(recipe)
        opened = try OpenedModel(recipe.model.path, chatTemplate: recipe.data.chatTemplate)
        opened.startDigest()
        observer.receive(.stage("prepare", detail: recipe.data.train.joined(separator: ", ")))
        split = try RowPreparation(recipe.data, opened).split(recipe, writes: writes, observer: observer)
        for line in split.report.warnings + opened.warnings {
            observer.receive(.warning(line))
        }
        let precision = OpenedModel.precision(recipe.model.precision)
        precisionReason = precision.reason
        model = try opened.languageModel(precision: precision.type)
        adapter = try Self.adapter(recipe, model, opened)
        let examples = split.train.examples
        let lengths = (0..<examples.count).map(examples.tokenCount)
        memory = try MemoryPlan(
            recipe.train, model: model, fileBytes: opened.byteCount, slabCount: adapter.slab.count,
            longest: max(lengths.max() ?? 1, split.heldOut?.report.longestExample ?? 1),
            largestStep: lengths.sorted(by: >).prefix(recipe.train.batchSize).reduce(0, +))
        workspace = Workspace(
            reservingBytes:
                model.predictedBytes(rows: memory.rowLimit, recomputedBlocks: memory.recomputedBlocks))
        provenance = AdapterProvenance(
            baseName: URL(fileURLWithPath: opened.path).lastPathComponent,
            baseDigest: try opened.weights.contentDigest(),
            baseQuantisation: opened.weights.quantisationSummary, templateDigest: opened.templateDigest,
            recipeDigest: SHA256.hex(of: Self.trainingText(recipe)), dataDigest: split.digest)
        configuration = Self.configuration(recipe, examples: examples.count, memory: memory)
    }

    private static func adapter(_ recipe: Recipe, _ model: LanguageModel, _ opened: OpenedModel) throws -> AdapterSet {
        if let path = recipe.adapter.continueFrom { return try AttachedAdapter(path, to: model, base: opened).set }
        let configuration = try AdapterConfiguration(recipe.adapter, linearPaths: model.linearLayers.map(\.path))
        let adapter = try AdapterSet(configuration, for: model)
        adapter.initialise(seed: UInt64(bitPattern: Int64(recipe.seed)))
        adapter.attach(to: model)
        return adapter
    }

    private static func configuration(_ recipe: Recipe, examples: Int, memory: MemoryPlan) -> TrainingConfiguration {
        let train = recipe.train
        let seed = UInt64(bitPattern: Int64(recipe.seed))
        let order = ExampleOrder(exampleCount: examples, batchSize: train.batchSize, seed: seed)
        let steps = train.maxSteps ?? max(1, order.steps(epochs: train.epochs))
        let shape = Training.LearningRateSchedule.Shape(rawValue: train.lrScheduler.rawValue) ?? .cosine
        return TrainingConfiguration(
            seed: seed, batchSize: train.batchSize, rowLimit: memory.rowLimit,
            recomputedBlocks: memory.recomputedBlocks,
            schedule: Training.LearningRateSchedule(
                shape, peak: train.learningRate, totalSteps: steps,
                warmUp: train.warmupSteps.map { .steps($0) } ?? .ratio(train.warmupRatio)),
            optimiser: OptimiserSettings(
                beta1: train.adamBeta1, beta2: train.adamBeta2, epsilon: train.adamEpsilon,
                weightDecay: train.weightDecay),
            maximumGradientNorm: train.maxGradNorm > 0 ? train.maxGradNorm : nil,
            evaluateEverySteps: train.evalEvery > 0 ? train.evalEvery : nil,
            saveEverySteps: train.saveEvery > 0 ? train.saveEvery : nil,
            earlyStopping: train.earlyStoppingPatience > 0 ? EarlyStopping(patience: train.earlyStoppingPatience) : nil,
            keepsBestValues: train.saveBest, shuffles: recipe.data.shuffle)
    }

    /// The part of a recipe that decides the adapter's numbers. Paths are left out: digests of what they hold stand beside.
    private static func trainingText(_ recipe: Recipe) -> String {
        var essence = recipe
        let neutral = Recipe()
        essence.name = neutral.name
        essence.evaluate = neutral.evaluate
        essence.distill = neutral.distill
        essence.merge = neutral.merge
        essence.export = neutral.export
        essence.model.path = "-"
        essence.data.train = ["-"]
        for index in essence.data.input.mix.indices { essence.data.input.mix[index].path = ["-"] }
        essence.data.heldOut = recipe.data.heldOut.isEmpty ? [] : ["-"]
        essence.train.saveEvery = neutral.train.saveEvery
        essence.train.keepLast = neutral.train.keepLast
        essence.train.logEvery = neutral.train.logEvery
        essence.train.memoryLimitBytes = nil
        essence.train.recompute = neutral.train.recompute
        essence.train.threads = nil
        return essence.canonicalText
    }

    /// What must agree for a run to go on from a checkpoint: recipe, rows, base, and what decides rounding.
    var fingerprint: RunFingerprint {
        RunFingerprint([
            ("recipe", SHA256.hex(of: Self.trainingText(recipe))), ("rows", split.digest),
            ("base", provenance.baseDigest ?? "none"), ("steps", "\(configuration.totalSteps)"),
            ("precision", precisionReason), ("instructions", Processor.instructionSet),
            ("threads", "\(Processor.threads)"), ("tokens of a micro-batch", "\(memory.rowLimit)"),
            ("blocks computed twice", "\(memory.recomputedBlocks)"),
        ])
    }

    // MARK: - Training

    /// Trains, going on from the newest good checkpoint of `directory`; leaves the adapter that the run hands on attached.
    func train(in directory: RunDirectory, fresh: Bool, observer: any RunObserver, stopRequest: StopRequest) throws
        -> TrainingOutcome
    {
        let folder = CheckpointFolder(directory.url)
        if fresh { folder.removeAll() }
        let keepLast = max(recipe.train.keepLast, 1)
        let retention = recipe.train.saveBest ? Retention.lastAndBest(keepLast) : .last(keepLast)
        var adapterJSON = adapter.configuration.peftJSON(targetModules: adapter.coverage.matched, baseName: opened.path)
        adapterJSON["lathe_provenance"] = .object(provenance.json)
        let trainer = try Trainer(
            model: model, slab: adapter.slab, examples: split.train.examples,
            configuration: configuration,
            identity: TrainingSnapshot.Identity(
                fingerprint: fingerprint.text, recipe: recipe.resolvedYAML(),
                adapterConfiguration: JSONValue.object(adapterJSON).text()),
            workspace: workspace)
        var skipped: [CheckpointError] = []
        let newest = folder.newest(skipped: &skipped)
        for error in skipped { observer.receive(.warning("passed over a checkpoint: \(error)")) }
        if let newest { try resume(trainer, from: newest.snapshot, directory) }
        let log = try EventLog(directory.events, append: trainer.step > 0)
        let board = try TensorBoardLog(
            in: directory.tensorBoard, continuingAfterStep: trainer.step, wallSeconds: Date().timeIntervalSince1970)
        observer.receive(
            .stage(
                "train",
                detail: "\(precisionReason); \(Processor.threads) threads, \(Processor.instructionSet); "
                    + "micro-batches of up to \(memory.rowLimit) tokens\(memory.note)"))
        let heldOut = split.heldOut
        // Without gradients more rows fit into the same buffers.
        let scorer = heldOut.map {
            ObservedEvaluator(
                model, workspace: workspace, longest: $0.report.longestExample, observer: observer)
        }
        let outcome = try trainer.run(
            TrainingHooks(
                onEvent: { [logEvery = recipe.train.logEvery] event in
                    guard event.isDue(every: logEvery) else { return }
                    observer.receive(.training(event))
                    log.receive(RunEvent.training(event))
                    // A curve that cannot be written stops no run: the checkpoints are what counts.
                    try? board.append(event, wallSeconds: Date().timeIntervalSince1970)
                },
                evaluate: heldOut.flatMap { heldOut in
                    scorer.map { scorer in { try scorer.scores(of: heldOut.examples, unit: "examples").loss ?? .nan } }
                },
                // A checkpoint is made in memory before it is written: not on top of the step's buffers.
                beforeSave: { [workspace] in workspace.release() },
                save: { [workspace, reserved = workspace.reservedBytes] snapshot in
                    defer { workspace.reserve(bytes: reserved) }
                    return try folder.save(snapshot, retention: retention).path
                },
                stopRequest: stopRequest))
        trainer.useBestValues()
        return outcome
    }

    private func resume(_ trainer: Trainer, from snapshot: TrainingSnapshot, _ directory: RunDirectory) throws {
        do {
            try trainer.restore(snapshot)
        } catch TrainingError.otherFingerprint {
            let differences = fingerprint.differences(from: snapshot.identity.fingerprint)
            throw Failure(
                .badInput, "\(directory.url.path) holds another run, which differs in \(differences.joined(separator: ", "))",
                hint: "--fresh starts over and removes its checkpoints; another name: keeps both; a train.memory_limit keeps "
                    + "micro-batches the same whatever memory is free")
        }
    }

    /// Writes the adapter that the run hands on, as PEFT reads it; gives the SHA-256 of its factors' file.
    func writeAdapter(to url: URL, steps: Int) throws -> String {
        var provenance = provenance
        provenance.steps = steps
        try adapter.writePEFT(to: url, baseName: opened.path, provenance: provenance)
        let file = try MappedFile(url.appendingPathComponent("adapter_model.safetensors"))
        return SHA256.hex(of: file.bytes)
    }
}
