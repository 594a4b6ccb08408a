// What the first training rows say of how an adapter is to begin.

internal import Adapters
internal import Datasets
internal import Models
internal import Objectives
internal import Recipes
internal import Spelling
internal import Tensors
internal import Training

/// The first rows of a run, for starts that look at them.
struct StartRows {
    private let recipe: Recipe
    private let learner: Learner
    private let units: ExampleUnits
    /// Units that are looked at.
    private let count: Int

    init(_ recipe: Recipe, _ model: LanguageModel, _ split: PreparedSplit) {
        self.recipe = recipe
        learner = Learner(model, recipe.learntOfRows)
        units = ExampleUnits(split.train.examples, of: learner.objective.unit)
        count = min(recipe.adapter.start.rows, units.count)
    }

    /// Tokens of a pass, beyond which it holds one row alone.
    private static let tokensAtOnce = 1024
    /// How often the rows are read for directions that do not settle.
    private static let mostRounds = 64

    // MARK: Gradients

    /// A and B of each layer of `set`, by the gradient of the mean loss.
    func gradients(
        _ set: AdapterSet, seed: UInt64, _ observer: any RunObserver
    ) throws -> [String: StartFactors] {
        let section = recipe.adapter.start.loraGA
        var settings = GradientSettings()
        (settings.direction, settings.scale) = (section.direction, section.scale)
        settings.stableGamma = section.stableGamma
        let longest = (0..<count).map(units.tokenCount).max() ?? 1
        let gradient = MeanGradient(
            learner, units, first: count, rowLimit: max(longest, Self.tokensAtOnce),
            recomputedBlocks: learner.model.trainedBlocks, workspace: Workspace())
        var done = 0
        return try GradientStart(set, settings, seed: seed).factors(on: learner.model) { probe in
            try gradient.take(probe.slab)
            done += 1
            observer.receive(
                .progress(done: done, total: GradientStart.passes, unit: "passes over \(Count.text(count, "row"))"))
        }
    }

    // MARK: Activations

    /// The adapter with its ranks, and the A of each layer, by what the base's layers are given.
    func activations(
        _ set: AdapterSet, _ observer: any RunObserver
    ) throws -> (configuration: AdapterConfiguration, factors: [String: StartFactors]) {
        let section = recipe.adapter.start.eva, model = learner.model
        var settings = ActivationSettings()
        (settings.rho, settings.tau) = (section.rho, section.tau)
        (settings.whitens, settings.adjustsScale) = (section.whitens, section.adjustsScale)
        var start = ActivationStart(set, settings)
        let workspace = Workspace(), batches = batches(), bound = model.adapters
        model.adapters = .none
        defer { model.adapters = bound }
        // Of one round: the others read the same.
        var rounds = 0, small = 0
        while !start.isDone, rounds < Self.mostRounds {
            for batch in batches {
                let examples = try batch.flatMap(units.examples)
                let isEnough = try start.take(
                    learner.objective.batch(examples, sequences: batch.flatMap(units.sequences)),
                    rows: section.usesLabelMask ? counted(examples) : nil, on: model, workspace: workspace)
                if rounds == 0, !isEnough { small += 1 }
            }
            guard start.hasDirections else {
                throw Failure(
                    .badInput,
                    "adapter.init_lora_weights: eva looks for up to \(start.rowsNeeded) directions of a layer, and no batch of rows has "
                        + "as many tokens that count",
                    hint:
                        "lower adapter.r or adapter.eva_config.rho, raise train.batch_size, or set use_label_mask: false"
                )
            }
            rounds += 1
            observer.receive(.progress(done: rounds, total: Self.mostRounds, unit: "rounds at most"))
        }
        if !start.isDone {
            observer.receive(
                .warning(
                    "adapter.init_lora_weights: eva: after \(rounds) rounds over \(Count.text(count, "row")) some directions still "
                        + "change by more than adapter.eva_config.tau: they are taken as they are"))
        }
        if small > 0 {
            observer.receive(
                .note(
                    "adapter.init_lora_weights: eva: \(small) of \(Count.text(batches.count, "batch", plural: "batches")) have fewer tokens that count than "
                        + "the up to \(start.rowsNeeded) directions of a layer, which passes them over: raise train.batch_size, or lower "
                        + "adapter.r or adapter.eva_config.rho"))
        }
        let (configuration, factors) = try start.result()
        let bare = set.members.count - factors.count
        if bare > 0 {
            observer.receive(
                .note(
                    "adapter.init_lora_weights: eva: \(Count.text(bare, "layer")) of \(set.members.count) explain too little to get a "
                        + "rank, and carry no adapter"))
        }
        return (configuration, factors)
    }

    /// Units that are read together: as many as a step has, as far as one pass holds them.
    private func batches() -> [Range<Int>] {
        stride(from: 0, to: count, by: recipe.train.batchSize).flatMap { first in
            let step = first..<min(first + recipe.train.batchSize, count)
            return MicroBatchPlan(lengths: step.map(units.tokenCount), rowLimit: 4 * Self.tokensAtOnce).ranges.map {
                first + $0.lowerBound..<first + $0.upperBound
            }
        }
    }

    /// The rows of tokens that carry loss; nil where none does.
    private func counted(_ examples: [TokenizedExample]) -> [Int32]? {
        let rows = examples.flatMap(\.isTarget).enumerated().filter(\.element).map { Int32($0.offset) }
        return rows.isEmpty ? nil : rows
    }
}
