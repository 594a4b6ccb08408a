// Adapters on layers that transformers keeps in one parameter: the experts of a layer, gate above up, and their router. PEFT adapts such
// a parameter as a whole: an expert's gate and up share a factor A, of twice the rank where the two were named one by one, and of
// all experts either each has an adapter or none.

import Models
import Vocabulary
import WeightFiles

extension AdapterConfiguration {
    /// The rank of the adapter on `layer`.
    func rank(of layer: AdaptableLayer) throws(AdapterError) -> Int {
        guard sharesFactors, let place = layer.parameter else { return try rank(of: layer.path) }
        return try value(for: place.path, in: rankOverrides) ?? rank * factorsInOne(place)
    }

    /// The factor of `B·A` on `layer`.
    func scale(of layer: AdaptableLayer) throws(AdapterError) -> Double {
        guard sharesFactors, let place = layer.parameter else { return try scale(of: layer.path) }
        let rank = Double(try rank(of: layer))
        let alpha = try value(for: place.path, in: alphaOverrides) ?? alpha * Double(factorsInOne(place))
        return alpha / (usesRankStabilisation ? rank.squareRoot() : rank)
    }

    /// How many adapters, named one by one, are one on the parameter: those of gate and up.
    private func factorsInOne(_ place: ParameterPlace) -> Int { place.isShared && !names(place) ? 2 : 1 }

    /// Whether `parameters` names the parameter itself.
    func names(_ place: ParameterPlace) -> Bool {
        parameters.contains { place.path == $0 || place.path.hasSuffix("." + $0) }
    }

    /// Of each of `layers`, which one's factor A it has: its own, or that of the first one in the same part of a parameter.
    func ownersOfFactors(_ layers: [AdaptableLayer]) -> [Int] {
        var first: [String: Int] = [:]
        return layers.enumerated().map { index, layer in
            guard sharesFactors, let place = layer.parameter, place.isShared else { return index }
            let part = "\(place.path) \(place.part)"
            if let owner = first[part] { return owner }
            first[part] = index
            return index
        }
    }

    /// Those of `layers` whose parameters `parameters` names. Throws, all at once, for names that mean none.
    func layersOfParameters(_ layers: [AdaptableLayer]) throws(AdapterError) -> [String] {
        let placed = layers.compactMap { layer in layer.parameter.map { (layer.path, $0) } }
        let unmet = parameters.filter { name in
            !placed.contains { $0.1.path == name || $0.1.path.hasSuffix("." + name) }
        }
        guard unmet.isEmpty else {
            let known = Set(placed.map(\.1.shortName)).sorted()
            throw AdapterError(
                problems: unmet.map {
                    AdapterError.Problem(
                        "matches no parameter of the model", subject: "target_parameters.\($0)",
                        expected: known.isEmpty ? "modules alone" : known.joined(separator: ", "))
                })
        }
        return placed.filter { names($0.1) }.map(\.0)
    }

    /// Throws where the adapters on `matched` are none that PEFT can have.
    func requireWholeParameters(_ matched: [String], of layers: [AdaptableLayer]) throws(AdapterError) {
        guard sharesFactors else { return }
        let chosen = Set(matched)
        var whole: [String: (all: Int, chosen: Int, left: String?)] = [:]
        var order: [String] = []
        for layer in layers {
            guard let place = layer.parameter else { continue }
            if whole[place.path] == nil { order.append(place.path) }
            var count = whole[place.path] ?? (0, 0, nil)
            count.all += 1
            if chosen.contains(layer.path) { count.chosen += 1 } else { count.left = count.left ?? layer.path }
            whole[place.path] = count
        }
        let adapted = order.filter { (whole[$0]?.chosen ?? 0) > 0 }
        if let path = adapted.first(where: { whole[$0]?.left != nil }), let left = whole[path]?.left {
            throw AdapterError(
                "is left out, but lies in \(path) with layers that carry adapters: PEFT adapts all of it or nothing",
                subject: left)
        }
        guard let first = adapted.first else { return }
        guard method == .lora else {
            throw AdapterError(
                "experts and their router carry plain LoRA alone, as in PEFT: name other target_modules",
                subject: "adapter.method", expected: "lora", found: "\(method.rawValue) on \(first)")
        }
        guard dropout == 0 else {
            throw AdapterError(
                "experts and their router take no dropout, as in PEFT: set it to 0, or name other target_modules",
                subject: "adapter.dropout", expected: "0", found: "\(dropout) on \(first)")
        }
    }
}
