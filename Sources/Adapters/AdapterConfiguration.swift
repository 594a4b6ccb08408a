// What an adapter is, before it is attached to a model: rank, scale and where it goes.

/// Which linear layers carry an adapter.
public enum AdapterTargets: Sendable, Equatable {
    /// Every linear layer of the blocks; not the head.
    case allLinear
    /// Names and patterns; see `ModulePattern`. Each must match a layer.
    case patterns([String])
}

/// A LoRA adapter's settings.
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

    /// r.
    public var rank: Int
    /// α.
    public var alpha: Double
    public var dropout: Double
    /// Scale by α/√r instead of α/r (rsLoRA).
    public var usesRankStabilisation: Bool
    public var targets: AdapterTargets
    /// The first that matches counts.
    public var rankOverrides: [Override<Int>]
    public var alphaOverrides: [Override<Double>]

    public init(
        rank: Int, alpha: Double, dropout: Double = 0, usesRankStabilisation: Bool = false,
        targets: AdapterTargets = .allLinear, rankOverrides: [Override<Int>] = [],
        alphaOverrides: [Override<Double>] = []
    ) {
        self.rank = rank
        self.alpha = alpha
        self.dropout = dropout
        self.usesRankStabilisation = usesRankStabilisation
        self.targets = targets
        self.rankOverrides = rankOverrides
        self.alphaOverrides = alphaOverrides
    }

    /// The rank of the adapter on module `path`.
    public func rank(of path: String) throws(AdapterError) -> Int {
        try Self.value(for: path, in: rankOverrides) ?? rank
    }

    /// The factor of `B·A` on module `path`.
    public func scale(of path: String) throws(AdapterError) -> Double {
        let alpha = try Self.value(for: path, in: alphaOverrides) ?? alpha
        let rank = Double(try rank(of: path))
        return alpha / (usesRankStabilisation ? rank.squareRoot() : rank)
    }

    private static func value<Value>(
        for path: String, in overrides: [Override<Value>]
    ) throws(AdapterError) -> Value? {
        for override in overrides where try ModulePattern.matchesEnd(of: path, override.pattern) {
            return override.value
        }
        return nil
    }

    /// A bound against configurations that are not meant.
    static let largestRank = 1 << 16

    /// Throws where a number makes no adapter.
    func validate() throws(AdapterError) {
        for rank in [rank] + rankOverrides.map(\.value) where !(1...Self.largestRank).contains(rank) {
            throw AdapterError("the rank must be from 1 to \(Self.largestRank)", found: "\(rank)")
        }
        for alpha in [alpha] + alphaOverrides.map(\.value) where !alpha.isFinite {
            throw AdapterError("alpha must be a finite number", found: "\(alpha)")
        }
        guard dropout >= 0, dropout < 1 else {
            throw AdapterError("dropout must be at least 0 and below 1", found: "\(dropout)")
        }
    }
}
