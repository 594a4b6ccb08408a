// Adapters whose factors are made of what they train, as the LoRA that computes the same: for files that know nothing else.

import Models
import Tensors
import Vocabulary

extension AdapterMethodKind {
    /// Those whose adapters are LoRA once their factors are made.
    static var plainProducts: [AdapterMethodKind] {
        allCases.filter { $0 == .lora || AdapterMethod.of($0).makesFactors }
    }
}

extension AdapterSet {
    /// An adapter of LoRA with the same product on each module; the set itself where its factors are what it trains.
    func asPlainProducts(on model: AdaptedModel) throws(AdapterError) -> AdapterSet {
        guard AdapterMethod.of(configuration.method).makesFactors else { return self }
        let ranks = members.map(\.adapter.rank)
        let alphas = zip(members, ranks).map { Double($0.adapter.scale) * Double($1) }
        guard let rank = ranks.mostCommon, let alpha = alphas.mostCommon else { return self }
        let paths = members.map(\.path)
        var plain = AdapterConfiguration(
            rank: rank, alpha: alpha, dropout: configuration.dropout, targets: .patterns(paths),
            rankOverrides: zip(paths, ranks).filter { $0.1 != rank }.map { .init(pattern: $0.0, value: $0.1) },
            alphaOverrides: zip(paths, alphas).filter { $0.1 != alpha }.map { .init(pattern: $0.0, value: $0.1) })
        plain.sharesFactors = false
        let chosen = Set(paths), set = try AdapterSet(plain, for: model.layers.filter { chosen.contains($0.path) })
        var values: [PEFTValue] = []
        for (from, to) in zip(members, set.members) {
            from.adapter.withFactors { factors in
                for (slot, factor) in zip(to.slots, [factors.a, factors.b]) {
                    values.append((slot.name, slot.rows, slot.columns, Array(factor.floats)))
                }
            }
        }
        try set.load(values)
        return set
    }

    /// What a person should know of that.
    func notesOnPlainProducts() -> [String] {
        guard AdapterMethod.of(configuration.method).makesFactors else { return [] }
        let ranks = members.map(\.adapter.rank), largest = ranks.max() ?? 0
        return [
            "adapters of method \(configuration.method.rawValue) are written as the LoRA of rank "
                + (Set(ranks).count == 1 ? "\(largest)" : "up to \(largest)") + " that computes the same"
        ]
    }
}
