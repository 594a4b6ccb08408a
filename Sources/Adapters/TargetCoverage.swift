// Which modules the targets of an adapter match: said before training, because a target that matches nothing trains nothing.

import Models
import WeightFiles

/// The layers that carry an adapter, and those that do not.
public struct TargetCoverage: Sendable, Equatable {
    /// The modules of one kind, `q_proj` say, over all blocks.
    public struct Row: Sendable, Equatable {
        /// The last component of the modules' paths.
        public let kind: String
        public let matchedCount: Int
        public let totalCount: Int
    }

    /// Paths of the matched modules, in network order.
    public let matched: [String]
    /// One row a kind, in network order.
    public let table: [Row]

    /// Matches `targets` against the modules at `paths`. Throws, all at once, for patterns that match no module.
    /// - Parameter whole: modules that are trained whole and carry no adapter, whatever means them, as in PEFT.
    public init(_ targets: AdapterTargets, paths: [String], whole: [String] = []) throws(AdapterError) {
        let candidates = paths.filter { $0 != Self.head }
        switch targets {
        case .allLinear: matched = candidates
        case .patterns(let patterns): matched = try Self.matched(patterns, paths, whole: whole)
        }
        guard !matched.isEmpty else { throw AdapterError("the adapter has no target modules") }
        table = Self.table(matched, paths)
    }

    /// Matches the targets of `configuration`, less what it excludes and what its method cannot change, against `layers`.
    public init(_ configuration: AdapterConfiguration, for layers: [AdaptableLayer]) throws(AdapterError) {
        let whollyTrained = layers.map(\.path).filter(configuration.beside.isWhole)
        let layers = layers.filter { $0.place != .nowhere && $0.serves(configuration) }, paths = layers.map(\.path)
        // Tokens before texts stand on no layer.
        guard configuration.beside.prompt == nil else {
            matched = []
            table = Self.table([], paths)
            return
        }
        var whole = Set(try configuration.layersOfParameters(layers))
        if whole.isEmpty || configuration.targets != .patterns([]) {
            whole.formUnion(
                try TargetCoverage(
                    configuration.targets, paths: paths,
                    whole: (configuration.head?.layers.map(\.path) ?? []) + whollyTrained
                ).matched)
        }
        var matched: [String] = []
        for path in paths where whole.contains(path) {
            if try configuration.carries(path) { matched.append(path) }
        }
        guard !matched.isEmpty else {
            throw AdapterError(
                "no target module is left by exclude_modules and layers_to_transform", subject: "target_modules")
        }
        try configuration.requireWholeParameters(matched, of: layers)
        let unchangeable = Set(try configuration.unchangeable(among: matched, of: layers))
        self.matched = matched.filter { !unchangeable.contains($0) }
        table = Self.table(self.matched, paths)
    }

    private static func table(_ matched: [String], _ paths: [String]) -> [Row] {
        let chosen = Set(matched)
        var kinds: [String] = []
        for path in paths where !kinds.contains(Self.kind(of: path)) { kinds.append(Self.kind(of: path)) }
        return kinds.map { kind in
            let modules = paths.filter { Self.kind(of: $0) == kind }
            return Row(kind: kind, matchedCount: modules.count { chosen.contains($0) }, totalCount: modules.count)
        }
    }

    /// The untied head, which `all-linear` leaves alone as PEFT does.
    static let head = "lm_head"

    private static func matched(
        _ patterns: [String], _ paths: [String], whole: [String]
    ) throws(AdapterError) -> [String] {
        var chosen = Set<String>()
        var problems: [AdapterError.Problem] = []
        let known = Set(paths)
        for pattern in patterns {
            if known.contains(pattern) {
                chosen.insert(pattern)
                continue
            }
            var count = 0
            for path in paths where try ModulePattern.matches(path, pattern) {
                chosen.insert(path)
                count += 1
            }
            for path in whole where count == 0 { if try ModulePattern.matches(path, pattern) { count += 1 } }
            if count == 0 {
                problems.append(
                    AdapterError.Problem(
                        "matches no linear layer of the model", subject: pattern, nearest: nearest(to: pattern, paths)))
            }
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
        return paths.filter { chosen.contains($0) }
    }

    /// Throws, all at once, for patterns of ranks and alphas that no target module matches: what a recipe says must have an effect.
    static func requireMatches(_ overrides: [(key: String, pattern: String)], _ paths: [String]) throws(AdapterError) {
        var problems: [AdapterError.Problem] = []
        var taken: [String: String] = [:]
        for (key, pattern) in overrides {
            do throws(AdapterError) {
                var matched: [String] = []
                for path in paths where try ModulePattern.matchesEnd(of: path, pattern) { matched.append(path) }
                // The first pattern that matches a module counts, as in PEFT.
                let earlier = matched.map { taken["\(key) \($0)"] }
                for path in matched where taken["\(key) \(path)"] == nil { taken["\(key) \(path)"] = pattern }
                if let first = earlier.first ?? nil, !earlier.contains(nil) {
                    problems.append(
                        AdapterError.Problem(
                            "has no effect: \(first), which stands before it, matches all that it matches",
                            subject: "\(key).\(pattern)"))
                }
                guard matched.isEmpty else { continue }
                problems.append(
                    AdapterError.Problem(
                        "matches no target module of the adapter", subject: "\(key).\(pattern)",
                        nearest: nearest(to: pattern, paths)))
            } catch {
                problems += error.problems.map { AdapterError.Problem($0.text, subject: "\(key).\(pattern)") }
            }
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
    }

    /// The nearest name: of the same number of components, so that `q_prj` meets `q_proj` and not a whole path.
    private static func nearest(to pattern: String, _ paths: [String]) -> String? {
        let depth = pattern.split(separator: ".").count
        var names: [String] = []
        for path in paths {
            let name = path.split(separator: ".").suffix(depth).joined(separator: ".")
            if !names.contains(name) { names.append(name) }
        }
        return closestName(to: pattern, among: names)
    }

    private static func kind(of path: String) -> String { path.split(separator: ".").last.map(String.init) ?? path }
}
