// How several adapters are combined: the method, and what it needs to be told.

public import Vocabulary

/// A method with its numbers.
public struct CombinationSettings: Sendable, Equatable {
    public var method: CombinationMethod
    /// The share of numbers that is kept; nil where the method prunes nothing.
    public var density: Double?
    public var majoritySign: MajoritySign
    /// The rank that methods with an SVD leave; nil: the largest of the adapters.
    public var svdRank: Int?
    /// Of what is pruned at random.
    public var seed: UInt64

    public init(
        method: CombinationMethod, density: Double? = nil, majoritySign: MajoritySign = .total, svdRank: Int? = nil,
        seed: UInt64 = 0
    ) {
        self.method = method
        self.density = density
        self.majoritySign = majoritySign
        self.svdRank = svdRank
        self.seed = seed
    }

    /// Throws, all at once, where the method lacks something or has no use for what was set.
    public func validate() throws(AdapterError) {
        var problems: [AdapterError.Problem] = []
        func note(_ subject: String, _ text: String, found: String? = nil) {
            problems.append(AdapterError.Problem(text, subject: subject, found: found))
        }
        switch density {
        case nil where method.prunes:
            note("density", "is missing: \(method.rawValue) keeps a share of the numbers, above 0 and at most 1")
        case let density? where !method.prunes:
            note("density", "has no effect: \(method.rawValue) prunes nothing", found: "\(density)")
        case let density? where !(density > 0 && density <= 1):
            note("density", "must be above 0 and at most 1", found: "\(density)")
        default: break
        }
        if majoritySign != .total, !method.electsSigns {
            note(
                "majority_sign_method", "has no effect: \(method.rawValue) elects no signs",
                found: majoritySign.rawValue)
        }
        if let svdRank, !method.choosesRank {
            note("svd_rank", "has no effect: \(method.rawValue) has no SVD", found: "\(svdRank)")
        } else if let svdRank, !(1...AdapterConfiguration.largestRank).contains(svdRank) {
            note("svd_rank", "must be from 1 to \(AdapterConfiguration.largestRank)", found: "\(svdRank)")
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
    }
}
