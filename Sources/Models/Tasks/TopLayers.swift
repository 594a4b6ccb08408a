// The layers between the states and the answers of a task that a file has: poolers, networks below a classifier.

import Tensors
import Vocabulary
import WeightFiles

/// Frozen layers on top of the states, each with an adapter or without.
struct TopLayers {
    /// In network order.
    var layers: [LinearLayer] = []
    /// By their paths.
    var norms: [String: Norm] = [:]

    subscript(path: String) -> LinearLayer? { layers.first { $0.path == path } }
}

extension WeightCollector {
    /// The pooler, where there is one: nil where it was asked for and not found.
    mutating func pooler(_ configuration: ModelConfiguration, _ width: Int) -> LinearLayer?? {
        guard configuration.reader?.hasPooler == true else { return .some(nil) }
        let path = names.path(.pooler)
        let tasks = configuration.taskHeads.tasks(with: path).union(TaskKind.allCases.filter { !$0.hasHead })
        return layer(at: path, width, width, hasBias: true, adapterPlace: .module, tasks: tasks).map { .some($0) }
    }

    /// The layers of heads that the file has and that are trained in none.
    mutating func top(_ configuration: ModelConfiguration, _ pooler: LinearLayer?) -> TopLayers {
        let (heads, width) = (configuration.taskHeads, configuration.width)
        var top = TopLayers(layers: [pooler].compactMap { $0 })
        for spec in heads.texts.layers.dropLast() + heads.words.layers.dropLast()
        where spec.isFrozen && top[spec.path] == nil && source.contains(spec.path + ".weight") {
            let layer = layer(
                at: spec.path, width, width, hasBias: spec.hasBias, adapterPlace: .module,
                tasks: heads.tasks(with: spec.path))
            if let layer { top.layers.append(layer) }
            guard let norm = spec.norm, let path = spec.normPath else { continue }
            if let norm = self.norm(at: path, norm, width) { top.norms[path] = norm }
        }
        return top
    }
}

extension LanguageModel {
    /// Whether the base has the layer `path` of a head, frozen.
    public func hasTopLayer(_ path: String) -> Bool { top[path] != nil }
}
