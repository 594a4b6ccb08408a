// What stays of a model.

public import Models

/// Which parts of a base stay, by their numbers there, ascending. All that is not named here stays as it is.
public struct PruningPlan: Sendable, Equatable {
    /// Blocks, from the embedding up.
    public let blocks: [Int]
    /// Inner channels of each block that stays, in every one as many; nil: all.
    public private(set) var channels: [[Int]]?
    /// Key heads of each block that stays, in every one as many, each with the query heads that share it; nil: all.
    public private(set) var groups: [[Int]]?
    /// Tokens, whose numbers are then their places here; nil: all.
    public var tokens: [Int]?

    /// - Precondition: one block at least.
    public init(blocks: [Int], channels: [[Int]]? = nil, groups: [[Int]]? = nil, tokens: [Int]? = nil) {
        precondition(!blocks.isEmpty && zip(blocks, blocks.dropFirst()).allSatisfy { $0 < $1 })
        precondition([channels, groups].allSatisfy { $0 == nil || $0?.count == blocks.count })
        self.blocks = blocks
        self.channels = channels
        self.groups = groups
        self.tokens = tokens
    }

    /// Keeps the `count` inner channels of each block that count most; of equal ones the first.
    public mutating func keepChannels(_ count: Int, by importance: PartImportance) {
        channels = importance.channels.map { Self.largest(count, of: $0) }
    }

    /// Keeps the `count` key heads of each block whose query heads count most together; of equal ones the first.
    /// - Parameter together: query heads that share a key head.
    public mutating func keepGroups(_ count: Int, of together: Int, by importance: PartImportance) {
        groups = importance.heads.map { heads in
            let sums = stride(from: 0, to: heads.count, by: together).map { heads[$0..<$0 + together].reduce(0, +) }
            return Self.largest(count, of: sums)
        }
    }

    /// What is left of a model that is as `base` says.
    /// - Precondition: the base has what is to stay.
    public func applied(to base: ModelConfiguration) -> ModelConfiguration {
        var pruned = base
        pruned.blocks = blocks.enumerated().map { place, number in
            var block = base.blocks[number]
            if let channels { block.feedForward.width = channels[place].count }
            if let groups {
                let together = block.attention.shape.heads / block.attention.shape.groups
                block.attention.shape.groups = groups[place].count
                block.attention.shape.heads = groups[place].count * together
            }
            return block
        }
        if let tokens {
            let places = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, $0) })
            pruned.vocabularySize = tokens.count
            pruned.beginToken = base.beginToken.flatMap { places[$0] }
            pruned.endTokens = base.endTokens.compactMap { places[$0] }
        }
        return pruned
    }

    private static func largest(_ count: Int, of values: [Double]) -> [Int] {
        values.indices.sorted { (values[$1], $0) < (values[$0], $1) }.prefix(count).sorted()
    }
}
