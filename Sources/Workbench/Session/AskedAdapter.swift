// The adapter that a recipe asks for.

internal import Adapters
internal import Recipes
internal import Spelling

extension AdapterConfiguration {
    /// The adapter that a recipe asks for.
    init(_ section: AdapterSection, linearPaths: [String]) throws {
        var targets: AdapterTargets =
            switch section.targetModules {
            case .allLinear: .allLinear
            case .patterns(let patterns): .patterns(patterns)
            }
        try Self.naming("adapter.target_modules: ") { _ = try TargetCoverage(targets, paths: linearPaths) }
        if let layers = section.layers {
            func block(_ path: String) -> Int? { path.split(separator: ".").compactMap { Int($0) }.first }
            let targeted = try TargetCoverage(targets, paths: linearPaths).matched
            let absent = Set(layers).subtracting(targeted.compactMap(block)).sorted()
            guard absent.isEmpty else {
                let last = linearPaths.compactMap(block).max() ?? 0
                throw Failure(
                    .badInput,
                    "adapter.layers: no target module stands in "
                        + "\(Count.noun(absent.count, "block")) \(absent.map { String($0) }.joined(separator: ", "))",
                    hint: "the model's blocks are numbered from 0 to \(last)")
            }
            targets = .patterns(targeted.filter { block($0).map(layers.contains) ?? false })
        }
        self.init(
            method: section.method, rank: section.r, alpha: section.alpha, dropout: section.dropout,
            usesRankStabilisation: section.useRSLoRA,
            targets: targets,
            rankOverrides: section.rankPattern.map { Override(pattern: $0.pattern, value: $0.value) },
            alphaOverrides: section.alphaPattern.map { Override(pattern: $0.pattern, value: $0.value) })
        try Self.naming("adapter.") { try requireEffect(on: linearPaths) }
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
