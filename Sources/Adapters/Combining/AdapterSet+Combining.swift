// Several adapters of one model as one, as PEFT's `add_weighted_adapter` makes it.

import Kernels
import Models
import Tensors
internal import Vocabulary

/// An adapter and how much it counts.
public struct WeightedAdapter {
    /// What messages call it: its path.
    public let name: String
    public let weight: Double
    public let set: AdapterSet

    public init(_ set: AdapterSet, name: String, weight: Double) {
        self.set = set
        self.name = name
        self.weight = weight
    }
}

extension AdapterSet {
    /// The combination of `adapters`, an adapter of scale 1 on every module that any of them has.
    ///
    /// One adapter alone becomes a multiple of itself, whatever the method.
    /// - Parameter layers: the model's, in network order, its head too where an adapter may stand on it.
    /// - Throws: for adapters that the method cannot combine, and numbers that it cannot use.
    public convenience init(
        combining adapters: [WeightedAdapter], _ asked: CombinationSettings, for layers: [AdaptableLayer]
    ) throws {
        var settings = asked
        if adapters.count == 1 { settings = CombinationSettings(method: .linear) }
        try Self.requireCombinable(adapters, settings)
        let rank = Self.combinedRank(adapters, settings)
        let modules = Self.modules(of: adapters, layers)
        let results = try Processor.map(modules.count) { (index) throws(DecompositionError) in
            try modules[index].result(settings, rank: rank)
        }
        let ranks = zip(modules, results).filter { $1.rank != rank }.map { ($0.path, $1.rank) }
        var configuration = AdapterConfiguration(
            rank: rank, alpha: Double(rank), targets: .patterns(modules.map(\.path)),
            rankOverrides: ranks.map { .init(pattern: $0.0, value: $0.1) },
            alphaOverrides: ranks.map { .init(pattern: $0.0, value: Double($0.1)) })
        configuration.sharesFactors = false
        try self.init(configuration, for: layers)
        try load(
            zip(slab.slots, results.flatMap { [$0.a, $0.b] }).map { slot, numbers in
                (slot.name, slot.rows, slot.columns, numbers)
            })
    }

    private static func modules(of adapters: [WeightedAdapter], _ layers: [AdaptableLayer]) -> [ModuleCombination] {
        let members = adapters.map { Dictionary(uniqueKeysWithValues: $0.set.members.map { ($0.path, $0.adapter) }) }
        return layers.enumerated().compactMap { place, layer in
            let parts = zip(adapters, members).enumerated().compactMap { number, adapter in
                adapter.1[layer.path].map {
                    ModuleCombination.Part(
                        weight: adapter.0.weight, adapter: $0, stream: UInt32(number * layers.count + place))
                }
            }
            return parts.isEmpty ? nil : ModuleCombination(path: layer.path, parts: parts)
        }
    }

    /// The rank of the combination, before what a module has of its own.
    private static func combinedRank(_ adapters: [WeightedAdapter], _ settings: CombinationSettings) -> Int {
        let ranks = adapters.map(\.largestRank)
        switch settings.method.choices.ground {
        case .stacks: return ranks.reduce(0, +)
        case .factors: return ranks[0]
        case .changes: return settings.svdRank ?? ranks.max() ?? 1
        }
    }
}

extension WeightedAdapter {
    /// The largest rank that its configuration names.
    fileprivate var largestRank: Int {
        let named = max(set.configuration.rank, set.configuration.rankOverrides.map(\.value).max() ?? 0)
        // Of an expert's gate and up twice as much as is named.
        let onParameters = set.members.filter { $0.parameter != nil }.map(\.adapter.rank).max() ?? 0
        return max(named, onParameters)
    }
}

// MARK: - What can be combined

extension AdapterSet {
    /// Throws, all at once, for what stands in the way of the method.
    public static func requireCombinable(
        _ adapters: [WeightedAdapter], _ settings: CombinationSettings
    ) throws(AdapterError) {
        try settings.validate()
        guard !adapters.isEmpty else { throw AdapterError("there is no adapter to combine") }
        var problems: [AdapterError.Problem] = []
        for adapter in adapters {
            if !Float(adapter.weight).isFinite {
                problems.append(
                    AdapterError.Problem(
                        "the weight must be a number that a float holds", subject: adapter.name,
                        found: "\(adapter.weight)"))
            }
            if adapter.set.head != nil {
                problems.append(
                    AdapterError.Problem(
                        "has the head of a task, which cannot be combined, weighted or merged: use the adapter by itself",
                        subject: adapter.name))
            }
            if let part = adapter.set.besideParts.first {
                problems.append(
                    AdapterError.Problem(
                        "has trained \(part.name) of the base, which cannot be combined or weighted: use it by itself",
                        subject: adapter.name))
            }
            let method = adapter.set.configuration.method
            if method != .lora {
                problems.append(
                    AdapterError.Problem(
                        "cannot be combined or weighted: what it adds is no plain product B·A; merge it by itself",
                        subject: adapter.name, expected: AdapterMethodKind.lora.rawValue, found: method.rawValue))
            }
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
        if settings.method.choices.ground == .factors { try requireEqualRanks(adapters, settings.method) }
    }

    private static func requireEqualRanks(
        _ adapters: [WeightedAdapter], _ method: CombinationMethod
    ) throws(AdapterError) {
        let other = method.withChanges.rawValue
        let advice =
            "\(method.rawValue) needs the same rank in every adapter; "
            + (method.prunes ? "\(other) takes different ones" : "cat and \(other) take different ones")
        let ranks = adapters.map(\.largestRank)
        guard Set(ranks).count == 1 else {
            throw AdapterError(
                problems: zip(adapters, ranks).map {
                    AdapterError.Problem(advice, subject: $0.name, found: "rank \($1)")
                })
        }
        var known: [String: Int] = [:]
        for adapter in adapters {
            for member in adapter.set.members {
                let rank = member.adapter.rank
                guard let first = known.updateValue(rank, forKey: member.path), first != rank else { continue }
                throw AdapterError(advice, subject: member.path, found: "ranks \(first) and \(rank)")
            }
        }
    }
}
