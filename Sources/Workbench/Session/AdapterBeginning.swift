// With what numbers the adapter of a run begins.

internal import Adapters
internal import Datasets
internal import Foundation
internal import Models
internal import Recipes
internal import Spelling
internal import Tensors
internal import Training
internal import Vocabulary
internal import WeightFiles

/// The beginning of a recipe's adapter on a model.
struct AdapterBeginning {
    /// What it is for.
    enum Occasion {
        /// Nothing is trained: only the sizes count.
        case plan
        /// A run over these rows, which may go on from `earlier`.
        case run(PreparedSplit, earlier: TrainingSnapshot?)
    }

    private let session: Session
    private let model: LanguageModel
    private let occasion: Occasion
    private var recipe: Recipe { session.recipe }
    private var seed: UInt64 { UInt64(bitPattern: Int64(recipe.seed)) }

    init(_ session: Session, _ model: LanguageModel, _ occasion: Occasion) {
        self.session = session
        self.model = model
        self.occasion = occasion
    }

    /// A new adapter, as `configuration` has it, attached to nothing.
    func adapter(_ configuration: AdapterConfiguration, _ observer: any RunObserver) throws -> AdapterSet {
        guard configuration.start != .loraGA || !recipe.train.objective.writesAnswers else {
            throw Failure(
                .badInput,
                "adapter.init_lora_weights: lora_ga looks at the gradient of rows, and train.objective: "
                    + "\(recipe.train.objective.rawValue) has none before the model has answered",
                hint: "take eva or pissa")
        }
        if configuration.start == .eva {
            try session.base().requireOneText(
                for: "adapter.init_lora_weights: eva", hint: "take pissa, olora or lora_ga, or leave the key out")
        }
        let full = try Self.fullModel(of: recipe)
        for warning in full?.warnings ?? [] { observer.receive(.warning("adapter.loftq_model: \(warning)")) }
        let set = try AdapterSet(configuration, for: model)
        try AdapterConfiguration.naming("adapter.") { try set.requireTrainable(for: recipe.task) }
        try set.requireStart(on: model, full: full)
        switch occasion {
        case .plan: set.initialise(seed: seed, on: model)
        case .run(let split, let earlier):
            if let known = try earlier.flatMap({ try self.known($0, configuration) }) { return known }
            if configuration.start.looksAtWeights {
                observer.receive(
                    .stage(
                        "start",
                        detail: "init_lora_weights: \(configuration.start.name), "
                            + "\(configuration.start.readsRows ? "the first rows" : "the weights")"))
            }
            return try begun(set, configuration, split, full, observer)
        }
        return set
    }

    private func begun(
        _ set: AdapterSet, _ configuration: AdapterConfiguration, _ split: PreparedSplit, _ full: (any WeightSource)?,
        _ observer: any RunObserver
    ) throws -> AdapterSet {
        let rows = StartRows(recipe, model, split)
        switch configuration.start {
        case .eva:
            let (ranked, factors) = try rows.activations(set, observer)
            let begun = try AdapterSet(ranked, for: model)
            try begun.begin(seed: seed, on: model, found: factors)
            return begun
        case .loraGA:
            try set.begin(seed: seed, on: model, found: rows.gradients(set, seed: seed, observer))
        default:
            tellLost(try set.begin(seed: seed, on: model, full: full), observer)
        }
        return set
    }

    /// The share of a weight that is more than quantising to 3 bits loses.
    private static let mostLost = 0.3

    /// Tells how far the base is from the model of which it is a quantised copy: from another model it is far.
    private func tellLost(_ lost: [(path: String, share: Double)], _ observer: any RunObserver) {
        guard let most = lost.max(by: { $0.share < $1.share }) else { return }
        func text(_ share: Double) -> String { String(format: "%.2g", share) }
        let mean = lost.reduce(0) { $0 + $1.share } / Double(lost.count)
        let found =
            "adapter.loftq_model: the weights of \(Count.text(lost.count, "layer")) differ by \(text(mean)) of their length on average, "
            + "at most by \(text(most.share)) (\(most.path))"
        guard mean > Self.mostLost else { return observer.receive(.note(found)) }
        observer.receive(
            .warning(found + ": more than quantising loses, so model.path is probably no copy of that model"))
    }

    /// The adapter with which a run began that is gone on with; nil where its start costs nothing to make anew, or is another one.
    private func known(_ snapshot: TrainingSnapshot, _ configuration: AdapterConfiguration) throws -> AdapterSet? {
        guard configuration.start.looksAtWeights else { return nil }
        let adapted = AdaptedModel(model)
        // What cannot be read is another run's, which is refused with what differs.
        let found = try? AdapterSet(
            configurationText: snapshot.identity.adapterConfiguration, values: snapshot.standingValues,
            for: adapted.layers, beside: adapted.parameters)
        guard let found, found.configuration.method == configuration.method,
            found.configuration.start.hasOrigin == configuration.start.hasOrigin
        else { return nil }
        return found
    }

    // MARK: The full model of a quantised base

    /// The weights that `adapter.loftq_model` names; nil where it is not asked for.
    private static func fullModel(of recipe: Recipe) throws -> (any WeightSource)? {
        guard recipe.adapter.continueFrom == nil, recipe.adapter.start.kind == .loftq else { return nil }
        guard let path = recipe.adapter.start.fullModel else {
            throw Failure(
                .badInput, "adapter.init_lora_weights: loftq needs adapter.loftq_model",
                hint: "name the model in full precision of which model.path is a quantised copy")
        }
        try Failure.requireExists(path, "the model of adapter.loftq_model")
        try NamedFolder(path).requireModel()
        return try openWeights(URL(fileURLWithPath: path))
    }

    /// SHA-256 of those weights; nil where there are none.
    static func digest(of recipe: Recipe) throws -> String? { try fullModel(of: recipe)?.contentDigest() }
}

extension AdapterSet {
    /// What a checkpoint keeps of it beside the trained numbers.
    var fixedMatrices: [TrainingSnapshot.FixedMatrix] {
        originMatrices.map { name, matrix in
            TrainingSnapshot.FixedMatrix(
                name: name, rows: matrix.rows, columns: matrix.columns, values: Array(matrix.floats))
        }
    }
}
