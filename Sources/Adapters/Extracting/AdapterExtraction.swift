// A LoRA from two models: of each linear layer's change the strongest directions, tensor by tensor.

import Kernels
import Models
import Tensors
public import WeightFiles

/// How much of a change an adapter is to hold.
public enum ExtractedSize: Sendable, Equatable {
    /// The same rank on every module.
    case rank(Int)
    /// On each module the smallest rank that holds this share of ‖ΔW‖².
    case energy(Double)
}

/// What an extraction found of one weight.
public struct ExtractedModule: Sendable {
    /// `model.layers.0.self_attn.q_proj`.
    public let path: String
    public let rank: Int
    /// ‖ΔW‖ / ‖W‖.
    public let relativeChange: Double
    /// ‖ΔW‖², and how much of it the adapter holds.
    public let energy: Double
    public let heldEnergy: Double
    /// Whether the directions were found in a random subspace, since all of them would take too long.
    public let isApproximate: Bool

    /// The share of ‖ΔW‖² that is held.
    public var share: Double { energy > 0 ? heldEnergy / energy : 1 }
    /// ‖ΔW − B·A‖ / ‖ΔW‖.
    public var error: Double { max(0, 1 - share).squareRoot() }
}

/// A weight that differs, and that no adapter can hold.
public struct UnheldChange: Sendable {
    public let path: String
    /// ‖ΔW‖ / ‖W‖; nil where the shapes differ.
    public let relativeChange: Double?
}

/// An adapter that turns one model into nearly another.
public struct ExtractedAdapter {
    public let set: AdapterSet
    /// The modules that changed, in network order.
    public let modules: [ExtractedModule]
    /// Norms, embeddings, biases that changed.
    public let unheld: [UnheldChange]
}

/// The work of extracting an adapter.
public struct AdapterExtraction {
    private let base: any WeightSource
    private let tuned: any WeightSource
    private let size: ExtractedSize

    /// - Parameters:
    ///   - base: the model that the adapter is to stand on.
    ///   - tuned: what base and adapter together are to be.
    public init(base: any WeightSource, tuned: any WeightSource, size: ExtractedSize) throws(AdapterError) {
        switch size {
        case .rank(let rank) where !(1...AdapterConfiguration.largestRank).contains(rank):
            throw AdapterError(
                "must be from 1 to \(AdapterConfiguration.largestRank)", subject: "rank", found: "\(rank)")
        case .energy(let share) where !(share > 0 && share <= 1):
            throw AdapterError("must be above 0 and at most 1", subject: "energy", found: "\(share)")
        default: break
        }
        self.base = base
        self.tuned = tuned
        self.size = size
    }

    /// Extracts the adapter.
    ///
    /// - Parameters:
    ///   - layers: the base's linear layers, in network order; of a tied head nothing.
    ///   - onProgress: told after each weight how many are done; what it throws ends the work.
    /// - Throws: where a linear layer is missing or has another shape, and where the models do not differ.
    public func adapter(
        for layers: [AdaptableLayer], onProgress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> ExtractedAdapter {
        try requireSameShapes(layers)
        let layers = layers.filter { $0.place != .nowhere }
        var factors: [(path: String, change: LayerChange)] = []
        for (index, layer) in layers.enumerated() {
            if let change = try LayerChange(layer, base, tuned, size) { factors.append((layer.path, change)) }
            try onProgress(index + 1, layers.count)
        }
        let unheld = try unheldChanges(beside: Set(layers.map { $0.path + ".weight" }))
        guard let largest = factors.map(\.change.rank).max() else {
            throw AdapterError(
                file: tuned.location,
                unheld.isEmpty
                    ? "the two models are the same: there is no change to extract"
                    : "no linear layer differs from the base's; what differs no adapter holds: "
                        + unheld.map(\.path).joined(separator: ", "))
        }
        let others = factors.filter { $0.change.rank != largest }
        var configuration = AdapterConfiguration(
            rank: largest, alpha: Double(largest), targets: .patterns(factors.map(\.path)),
            rankOverrides: others.map { .init(pattern: $0.path, value: $0.change.rank) },
            alphaOverrides: others.map { .init(pattern: $0.path, value: Double($0.change.rank)) })
        configuration.sharesFactors = false
        let set = try AdapterSet(configuration, for: layers)
        try set.load(
            zip(set.slab.slots, factors.flatMap { [$0.change.a, $0.change.b] }).map { slot, numbers in
                (slot.name, slot.rows, slot.columns, numbers)
            })
        return ExtractedAdapter(set: set, modules: factors.map { $0.change.facts(of: $0.path) }, unheld: unheld)
    }

    private func requireSameShapes(_ layers: [AdaptableLayer]) throws(AdapterError) {
        var problems: [AdapterError.Problem] = []
        for layer in layers {
            let name = layer.path + ".weight", wanted = Shape([layer.outputSize, layer.inputSize])
            let found = tuned.shape(at: name)
            guard found != wanted else { continue }
            problems.append(
                AdapterError.Problem(
                    found == nil ? "is missing" : "has another shape than in the base", subject: name,
                    expected: "\(wanted)", found: found.map { "\($0)" }))
        }
        guard problems.isEmpty else { throw AdapterError(file: tuned.location, problems: problems) }
    }

    private func unheldChanges(beside held: Set<String>) throws -> [UnheldChange] {
        var changes: [UnheldChange] = []
        for path in base.paths where !held.contains(path) {
            guard let shape = base.shape(at: path), tuned.shape(at: path) == shape else {
                changes.append(UnheldChange(path: path, relativeChange: nil))
                continue
            }
            let (old, new) = (try base.tensor(at: path), try tuned.tensor(at: path))
            // Buffers of whole numbers that some files carry are no weights.
            guard Widening.supports(old.dtype), Widening.supports(new.dtype) else { continue }
            let difference = WeightDifference(old, new)
            if difference.squares != 0 {
                changes.append(UnheldChange(path: path, relativeChange: difference.relativeChange))
            }
            base.releasePages(of: path)
            tuned.releasePages(of: path)
        }
        return changes + tuned.paths.filter { !base.contains($0) }.map { UnheldChange(path: $0, relativeChange: nil) }
    }
}
