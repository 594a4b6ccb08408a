// Layers that a method cannot change, since it works on weights of some stored types alone.

import Models
import Tensors
public import Vocabulary

extension AdapterConfiguration {
    /// Those of `targeted` whose weights the method cannot change: `all-linear` leaves them out. Throws where a target names one, and
    /// where nothing else is left.
    func unchangeable(among targeted: [String], of layers: [AdaptableLayer]) throws(AdapterError) -> [String] {
        let chosen = Set(targeted)
        let unfit = layers.filter { chosen.contains($0.path) && !method.changes($0) }
        guard !unfit.isEmpty, targets != .allLinear || unfit.count == targeted.count else { return unfit.map(\.path) }
        throw AdapterError(
            problems: unfit.map { layer in
                AdapterError.Problem(
                    "is stored in a type that adapter.method \(method.rawValue) cannot change", subject: layer.path,
                    expected: method.changeableTypes, found: layer.weightType?.rawValue.uppercased())
            })
    }
}

extension AdapterMethodKind {
    /// Whether the method can change the weight of `layer`.
    public func changes(_ layer: AdaptableLayer) -> Bool {
        layer.weightType.map(AdapterMethod.of(self).changes) ?? true
    }

    /// The stored types that the method can change, as text: `Q4_1 or Q5_1`.
    public var changeableTypes: String {
        AdapterMethod.of(self).folding?.types.map { $0.rawValue.uppercased() }.joined(separator: " or ") ?? "any type"
    }
}
