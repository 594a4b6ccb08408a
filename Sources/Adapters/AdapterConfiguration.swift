// What an adapter is, before it is attached to a model: method, rank, scale and where it goes.

internal import Models
public import Vocabulary

/// Which linear layers carry an adapter.
public enum AdapterTargets: Sendable, Equatable {
    /// Every linear layer of the blocks; not the head.
    case allLinear
    /// Names and patterns; see `ModulePattern`. Each must match a layer.
    case patterns([String])
}

/// An adapter's settings.
public struct AdapterConfiguration: Sendable, Equatable {
    /// A number for the modules that `pattern` matches, instead of the general one.
    public struct Override<Value: Sendable & Equatable>: Sendable, Equatable {
        /// A regular expression for the end of a module path from a point on, as PEFT's `rank_pattern` has it.
        public var pattern: String
        public var value: Value

        public init(pattern: String, value: Value) {
            self.pattern = pattern
            self.value = value
        }
    }

    /// The blocks that PEFT's `layers_to_transform` and `layers_pattern` mean.
    public struct BlockSelection: Sendable, Equatable {
        /// Numbers of blocks.
        public var numbers: [Int]
        /// Names of the list of blocks, `layers`; empty: any.
        public var names: [String]

        public init(numbers: [Int], names: [String] = []) {
            self.numbers = numbers
            self.names = names
        }

        /// Whether the module `path` stands in one of the blocks: the first number after a name counts.
        func contains(_ path: String) -> Bool {
            let parts = path.split(separator: ".")
            for index in parts.indices.dropFirst().dropLast() {
                guard let number = Int(parts[index]) else { continue }
                let list = "." + parts[..<index].joined(separator: ".")
                // Without names something must stand before the list's own name, as PEFT's expression has it.
                if names.isEmpty ? index >= 2 : names.contains(where: { list.hasSuffix("." + $0) }) {
                    return numbers.contains(number)
                }
            }
            return false
        }
    }

    public var method: AdapterMethodKind
    /// r.
    public var rank: Int
    /// α.
    public var alpha: Double
    public var dropout: Double
    /// Scale by α/√r instead of α/r (rsLoRA).
    public var usesRankStabilisation: Bool
    public var targets: AdapterTargets
    /// Modules that carry none, though a target means them: PEFT's `exclude_modules`.
    public var excluded: AdapterTargets?
    /// The blocks that carry one; nil: all.
    public var blocks: BlockSelection?
    /// The first that matches counts.
    public var rankOverrides: [Override<Int>]
    public var alphaOverrides: [Override<Double>]
    /// Parameters that carry one beside them: PEFT's `target_parameters`.
    public var parameters: [String] = []
    /// Whether layers in one part of a parameter share the factor A, as PEFT has it; else each has its own.
    public var sharesFactors = true
    /// What the method is told beside.
    public var settings = AdapterMethodSettings()
    /// What of the base is trained with the factors.
    public var beside = TrainedBeside()
    /// How the factors of a new adapter begin. With a start that has an origin that is taken off the product, whatever is trained later.
    public var start = AdapterStart.kaiming
    /// The head of a task that is trained with the factors; nil where the model writes text.
    public var head: SavedHead?

    public init(
        method: AdapterMethodKind = .lora, rank: Int, alpha: Double, dropout: Double = 0,
        usesRankStabilisation: Bool = false, targets: AdapterTargets = .allLinear, excluded: AdapterTargets? = nil,
        blocks: BlockSelection? = nil,
        rankOverrides: [Override<Int>] = [],
        alphaOverrides: [Override<Double>] = [], head: SavedHead? = nil
    ) {
        self.method = method
        self.rank = rank
        self.alpha = alpha
        self.dropout = dropout
        self.usesRankStabilisation = usesRankStabilisation
        self.targets = targets
        self.excluded = excluded
        self.blocks = blocks
        self.rankOverrides = rankOverrides
        self.alphaOverrides = alphaOverrides
        self.head = head
    }

    /// The rank of the adapter on module `path`.
    public func rank(of path: String) throws(AdapterError) -> Int {
        try value(for: path, in: rankOverrides) ?? rank
    }

    /// α of the adapter on module `path`.
    func alpha(of path: String) throws(AdapterError) -> Double { try value(for: path, in: alphaOverrides) ?? alpha }

    /// The factor of `B·A` on module `path`.
    public func scale(of path: String) throws(AdapterError) -> Double {
        let alpha = try alpha(of: path)
        let rank = try rank(of: path)
        if let scale = AdapterMethod.of(method).scale { return scale(alpha, rank) }
        return alpha / (usesRankStabilisation ? Double(rank).squareRoot() : Double(rank))
    }

    /// What the method needs to know of each of `layers`, which carry the adapter.
    func layouts(of layers: [AdaptableLayer]) throws(AdapterError) -> [StateLayout] {
        let largest = (layers.map(\.inputSize).max() ?? 0, layers.map(\.outputSize).max() ?? 0)
        var layouts: [StateLayout] = []
        for layer in layers {
            layouts.append(
                StateLayout(
                    path: layer.path, inputSize: layer.inputSize, outputSize: layer.outputSize,
                    rank: try rank(of: layer), largest: largest, settings: settings))
        }
        return layouts
    }

    /// Throws where the method's settings do not go together, or with the modules of `layers` that carry the adapter.
    public func requireSettings(on layers: [AdaptableLayer]) throws(AdapterError) {
        let matched = try TargetCoverage(self, for: layers).matched
        let unmet = (settings.feedforwardModules ?? []).filter { end in !matched.contains { $0.hasSuffix(end) } }
        var problems = unmet.map {
            AdapterError.Problem("matches no target module of the adapter", subject: "feedforward_modules.\($0)")
        }
        if AdapterMethod.of(method).directions != nil, settings.budget.targetRank > rank {
            problems.append(
                AdapterError.Problem(
                    "is more than what layers begin with", subject: "target_r", expected: "at most init_r, \(rank)",
                    found: "\(settings.budget.targetRank)"))
        }
        if !AdapterMethod.of(method).words.extendsLoRA, beside.biases != .none || !beside.tokens.isEmpty {
            problems.append(
                AdapterError.Problem(
                    "has no place beside adapters of method \(method.rawValue), as in PEFT",
                    subject: beside.tokens.isEmpty ? "bias" : "trainable_token_indices"))
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
    }

    /// Throws where a pattern of ranks or alphas means none of the modules that carry the adapter, among `layers` of the model.
    public func requireEffect(on layers: [AdaptableLayer]) throws(AdapterError) {
        let matched = Set(try TargetCoverage(self, for: layers).matched)
        let targets = layers.filter { matched.contains($0.path) }.map { layer in
            sharesFactors ? layer.parameter?.path ?? layer.path : layer.path
        }
        try TargetCoverage.requireMatches(
            rankOverrides.map { ("rank_pattern", $0.pattern) } + alphaOverrides.map { ("alpha_pattern", $0.pattern) },
            targets)
    }

    /// Whether a target module keeps its adapter.
    func carries(_ path: String) throws(AdapterError) -> Bool {
        if case .patterns(let patterns) = excluded {
            for pattern in patterns where try ModulePattern.matches(path, pattern) { return false }
        }
        // A module named by its whole path stays, whatever its block.
        if case .patterns(let patterns) = targets, patterns.contains(path) { return true }
        return blocks?.contains(path) ?? true
    }

    func value<Value>(
        for path: String, in overrides: [Override<Value>]
    ) throws(AdapterError) -> Value? {
        // Of layers that each have their own, paths stand there, in large models by the thousand.
        guard sharesFactors else { return overrides.first { $0.pattern == path }?.value }
        for override in overrides where try ModulePattern.matchesEnd(of: path, override.pattern) {
            return override.value
        }
        return nil
    }

    /// A bound against configurations that are not meant.
    public static let largestRank = 1 << 16

    /// Throws where a number makes no adapter.
    func validate() throws(AdapterError) {
        for rank in [rank] + rankOverrides.map(\.value) where !(1...Self.largestRank).contains(rank) {
            throw AdapterError("the rank must be from 1 to \(Self.largestRank)", found: "\(rank)")
        }
        for alpha in [alpha] + alphaOverrides.map(\.value) where !Float(alpha).isFinite {
            throw AdapterError("alpha must be a number that a float holds", found: "\(alpha)")
        }
        guard beside.biases == .none || method == .lora else {
            throw AdapterError(
                "goes with method lora alone", subject: "bias", expected: TrainedBiases.none.rawValue,
                found: "\(beside.biases.rawValue) with \(method.rawValue)")
        }
        try validateStart()
        guard dropout >= 0, dropout < 1 else {
            throw AdapterError("dropout must be at least 0 and below 1", found: "\(dropout)")
        }
    }
}
