// The adapter that a recipe asks for.

internal import Adapters
internal import Recipes
internal import Spelling

extension AdapterConfiguration {
    /// The adapter that a recipe asks for.
    init(_ section: AdapterSection, for layers: [AdaptableLayer]) throws {
        let paths = layers.map(\.path)
        var targets: AdapterTargets =
            switch section.targetModules {
            case .allLinear: .allLinear
            case .patterns(let patterns): .patterns(patterns)
            }
        try Self.naming("adapter.target_modules: ") { _ = try TargetCoverage(targets, paths: paths) }
        if let blocks = section.layers {
            func block(_ path: String) -> Int? { path.split(separator: ".").compactMap { Int($0) }.first }
            let targeted = try TargetCoverage(targets, paths: paths).matched
            let absent = Set(blocks).subtracting(targeted.compactMap(block)).sorted()
            guard absent.isEmpty else {
                let last = paths.compactMap(block).max() ?? 0
                throw Failure(
                    .badInput,
                    "adapter.layers: no target module stands in "
                        + "\(Count.noun(absent.count, "block")) \(absent.map { String($0) }.joined(separator: ", "))",
                    hint: "the model's blocks are numbered from 0 to \(last)")
            }
            let chosen = targeted.filter { block($0).map(blocks.contains) ?? false }
            let unchangeable = Set(Self.leftOut(section, of: layers).map(\.path))
            let changeable = chosen.filter { !unchangeable.contains($0) }
            // Where nothing is left, all are refused by name.
            targets = .patterns(changeable.isEmpty ? chosen : changeable)
        }
        self.init(
            method: section.method, rank: section.r, alpha: section.alpha, dropout: section.dropout,
            usesRankStabilisation: section.useRSLoRA,
            targets: targets,
            rankOverrides: section.rankPattern.map { Override(pattern: $0.pattern, value: $0.value) },
            alphaOverrides: section.alphaPattern.map { Override(pattern: $0.pattern, value: $0.value) })
        try Self.naming("adapter.target_modules: ") { _ = try TargetCoverage(self, for: layers) }
        try Self.naming("adapter.") { try requireEffect(on: layers) }
    }

    /// Those of `layers` that `all-linear` does not mean, since the method cannot change their weights.
    static func leftOut(_ section: AdapterSection, of layers: [AdaptableLayer]) -> [AdaptableLayer] {
        section.targetModules == .allLinear ? layers.filter { !section.method.changes($0) } : []
    }

    /// What a person should know of layers that are left out: a line for each kind of layer and stored type.
    func notes(on leftOut: [AdaptableLayer]) -> [String] {
        var counts: [(what: String, count: Int)] = []
        for layer in leftOut {
            let kind = layer.path.split(separator: ".").last.map(String.init) ?? layer.path
            let what = kind + (layer.weightType.map { " (\($0.rawValue.uppercased()))" } ?? "")
            if let index = counts.firstIndex(where: { $0.what == what }) {
                counts[index].count += 1
            } else {
                counts.append((what, 1))
            }
        }
        return counts.map {
            "adapter.method: \(method.rawValue) leaves out \($0.what) in \(Count.text($0.count, "layer")): it changes "
                + "\(method.changeableTypes) alone"
        }
    }

    /// Puts the key of a recipe before what an error is about.
    private static func naming(_ key: String, _ check: () throws -> Void) throws {
        do { try check() } catch var error as AdapterError {
            for index in error.problems.indices {
                error.problems[index].subject = key + (error.problems[index].subject ?? "")
            }
            throw error
        }
    }
}
