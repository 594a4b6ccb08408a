// What stays of a model.

public import Models

/// Which parts of a base stay, by their numbers there. All that is not named here stays as it is.
public struct PruningPlan: Sendable, Equatable {
    /// Blocks, from the embedding up.
    public var blocks: [Int]

    /// - Precondition: ascending numbers, one at least.
    public init(blocks: [Int]) {
        precondition(!blocks.isEmpty && zip(blocks, blocks.dropFirst()).allSatisfy { $0 < $1 })
        self.blocks = blocks
    }

    /// What is left of a model that is as `base` says.
    /// - Precondition: the base has what is to stay.
    public func applied(to base: ModelConfiguration) -> ModelConfiguration {
        var pruned = base
        pruned.blocks = blocks.map { base.blocks[$0] }
        return pruned
    }
}
