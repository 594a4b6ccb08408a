// How several adapters become one, as recipes and `--method` say it; the names are PEFT's.

/// A way to combine adapters: what of them is combined, what of it is pruned first, and how the rest is joined.
public enum CombinationMethod: String, Sendable, CaseIterable {
    case cat, linear, svd, ties
    case tiesSVD = "ties_svd"
    case dareLinear = "dare_linear"
    case dareLinearSVD = "dare_linear_svd"
    case dareTies = "dare_ties"
    case dareTiesSVD = "dare_ties_svd"
    case magnitudePrune = "magnitude_prune"
    case magnitudePruneSVD = "magnitude_prune_svd"

    /// What is combined.
    public enum Ground: Sendable {
        /// The factors, one below the other: the sum of the changes, exactly.
        case stacks
        /// The factors, number by number: every adapter needs the same rank.
        case factors
        /// The changes B·A themselves, of which the strongest directions are kept.
        case changes
    }

    /// Which numbers become zero before the adapters meet.
    public enum Pruning: Sendable {
        case nothing
        /// The smallest ones (TIES: Yadav et al., 2023).
        case smallest
        /// Random ones, and the others grow by as much (DARE: Yu et al., 2024).
        case random
    }

    /// How numbers of several adapters become one.
    public enum Joining: Sendable {
        case sum
        /// The mean of those that have the sign of most (TIES).
        case electedMean
    }

    /// The three choices that make the method.
    public var choices: (ground: Ground, pruning: Pruning, joining: Joining) {
        switch self {
        case .cat: (.stacks, .nothing, .sum)
        case .linear: (.factors, .nothing, .sum)
        case .ties: (.factors, .smallest, .electedMean)
        case .dareLinear: (.factors, .random, .sum)
        case .dareTies: (.factors, .random, .electedMean)
        case .magnitudePrune: (.factors, .smallest, .sum)
        case .svd: (.changes, .nothing, .sum)
        case .tiesSVD: (.changes, .smallest, .electedMean)
        case .dareLinearSVD: (.changes, .random, .sum)
        case .dareTiesSVD: (.changes, .random, .electedMean)
        case .magnitudePruneSVD: (.changes, .smallest, .sum)
        }
    }

    /// Whether a density says how much is kept.
    public var prunes: Bool { choices.pruning != .nothing }
    /// Whether signs are elected.
    public var electsSigns: Bool { choices.joining == .electedMean }
    /// Whether the result's rank can be chosen.
    public var choosesRank: Bool { choices.ground == .changes }

    /// The same, of the changes instead of the factors, for adapters of different ranks.
    public var withChanges: CombinationMethod {
        Self.allCases.first { other in
            other.choices.ground == .changes && other.choices.pruning == choices.pruning
                && other.choices.joining == choices.joining
        } ?? .svd
    }
}

/// What decides which sign most adapters have.
public enum MajoritySign: String, Sendable, CaseIterable {
    /// The sign of the numbers' sum.
    case total
    /// The sign that more numbers have.
    case frequency
}
