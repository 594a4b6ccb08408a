// Several adapters on disk that act on a model as one, or one at another weight.

internal import Adapters
internal import Digests
internal import Models
internal import Recipes
internal import Vocabulary

/// Adapters with their weights, and how they are combined.
struct AdapterMixture: Sendable {
    var adapters: [NamedAdapter]
    var settings: CombinationSettings

    /// Combined as the recipe's `merge` says.
    init(_ adapters: [NamedAdapter], _ recipe: Recipe) {
        let merge = recipe.merge
        self.adapters = adapters
        settings = CombinationSettings(
            method: merge.method, density: merge.density, majoritySign: merge.majoritySignMethod,
            svdRank: merge.svdRank, seed: UInt64(bitPattern: Int64(recipe.seed)))
    }

    var paths: [String] { adapters.map(\.path) }
}

/// Adapters that were read, ready to be combined again and again.
struct MixedAdapters {
    /// One of them.
    struct Part {
        let named: NamedAdapter
        let digest: String
        let read: AttachedAdapter
    }

    let parts: [Part]

    /// Reads the adapters; what acts on `model` stays what it is.
    init(_ adapters: [NamedAdapter], on model: LanguageModel, _ base: OpenedModel) throws {
        let bound = model.adapters
        defer { model.adapters = bound }
        parts = try adapters.map { named in
            Part(
                named: named, digest: try StoredAdapter.digest(named.path),
                read: try StoredAdapter(named.path).attached(to: model, base))
        }
        try requireDifferent()
    }

    /// The parts after `first`, which is on the model already.
    init(_ first: Part, and others: MixedAdapters) throws {
        parts = [first] + others.parts
        try requireDifferent()
    }

    private func requireDifferent() throws {
        for (index, part) in parts.enumerated() {
            guard let twin = parts[..<index].first(where: { $0.digest == part.digest }) else { continue }
            throw Failure(
                .badInput,
                "the adapters \(path: twin.named.path) and \(path: part.named.path) are the same",
                hint: "name it once, with the sum of the weights")
        }
    }

    /// The combination by itself.
    /// - Parameter weights: in the place of those that were named.
    func combined(
        _ settings: CombinationSettings, weights: [Double]? = nil, for model: LanguageModel
    ) throws -> AdapterSet {
        try AdapterSet(combining: weighted(weights), settings, for: AdaptedModel(model).layers)
    }

    /// The combination, acting on `model`, with what is to be said of it.
    func attached(
        _ settings: CombinationSettings, weights: [Double]? = nil, to model: LanguageModel
    ) throws -> AttachedAdapter {
        let set = try combined(settings, weights: weights, for: model), weighted = weighted(weights)
        set.attach(to: model)
        return AttachedAdapter(
            set: set, provenance: provenance, warnings: warnings,
            combination: CombinationReport(
                settings, rank: set.configuration.rank,
                adapters: zip(parts, weighted).map {
                    .init(
                        path: $0.named.path, weight: $1.weight, digest: $0.digest,
                        rank: $0.read.set.configuration.rank, baseDigest: $0.read.provenance?.baseDigest)
                }, agreements: try Self.agreements(weighted)))
    }

    private static func agreements(_ adapters: [WeightedAdapter]) throws -> [AgreementReport] {
        try adapters.indices.flatMap { second in
            try (0..<second).map { first in
                AgreementReport(
                    first: first, second: second, agreement: try AdapterAgreement(adapters[first], adapters[second]))
            }
        }
    }

    /// What is noted of all of them alike.
    var provenance: AdapterProvenance? { AdapterProvenance(common: parts.map(\.read.provenance)) }

    /// Throws where the method cannot combine them with `other`.
    func requireCombinable(_ settings: CombinationSettings, beside other: AdapterSet) throws {
        try AdapterSet.requireCombinable(
            [WeightedAdapter(other, name: "the adapter of this run", weight: 1)] + weighted(), settings)
    }

    /// - Parameter weights: in the place of those that were named.
    private func weighted(_ weights: [Double]? = nil) -> [WeightedAdapter] {
        zip(parts, weights ?? parts.map(\.named.weight)).map {
            WeightedAdapter($0.read.set, name: $0.named.path, weight: $1)
        }
    }

    /// What the person should know of each, and of all together.
    var warnings: [String] {
        let own = parts.flatMap { part in part.read.warnings.map { "\(path: part.named.path): \($0)" } }
        let bases = Set(parts.compactMap(\.read.provenance?.baseDigest))
        return own
            + (bases.count > 1
                ? ["the adapters were trained on \(bases.count) different bases: their sum may be good on none"] : [])
    }
}

extension AdapterProvenance {
    /// What all of several adapters have in common.
    fileprivate init?(common all: [AdapterProvenance?]) {
        func agreed<Value: Equatable>(_ field: KeyPath<AdapterProvenance, Value?>) -> Value? {
            let values = all.map { $0?[keyPath: field] }
            return values.allSatisfy { $0 == values[0] } ? values[0] : nil
        }
        guard all.contains(where: { $0 != nil }) else { return nil }
        self.init(
            baseName: agreed(\.baseName), baseDigest: agreed(\.baseDigest),
            baseQuantisation: agreed(\.baseQuantisation), templateDigest: agreed(\.templateDigest),
            rowFormat: agreed(\.rowFormat), promptStyle: agreed(\.promptStyle), system: agreed(\.system))
        vectors = agreed(\.vectors)
    }
}
