// What is merged. Every default stands here; what each key means stands in `MergeKeys`.

public import Vocabulary

/// The merged model, and the adapters that go into it beside the one that was trained.
public struct MergeSection: Sendable, Equatable {
    public var enabled = false
    /// `nil`: `merged` in the run directory.
    public var path: String?
    public var dtype = FloatFormat.auto
    /// Whether a model in which little of the fine-tune is left is written all the same.
    public var allowNearNoOp = false
    /// Adapters that the trained one is combined with, before it is merged and exported.
    public var adapters: [MergedAdapter] = []
    /// How much the trained one counts beside them.
    public var weight = 1.0
    public var method = CombinationMethod.cat
    /// `nil`: the method prunes nothing.
    public var density: Double?
    public var majoritySignMethod = MajoritySign.total
    /// `nil`: the largest rank of the adapters.
    public var svdRank: Int?

    public init() {}
}

/// An adapter on disk, and how much it counts.
public struct MergedAdapter: Sendable, Equatable {
    public var path = ""
    public var weight = 1.0

    public init() {}

    public init(path: String, weight: Double) {
        self.path = path
        self.weight = weight
    }
}
