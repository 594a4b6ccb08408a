// How token ids become the first rows of the stream, as data.

/// The embedding: `norm(scale · tokens[id] + positions[…] + types[type])`, each part where there is one.
public struct EmbeddingSpec: Sendable, Equatable {
    /// What the rows of tokens are multiplied with.
    public var scale: Float
    /// A row that is learned for each position.
    public var positions: LearnedPositions?
    /// How many types of tokens are told apart, each with a row; 0 where none are.
    public var tokenTypes: Int
    /// Of the sum.
    public var norm: NormSpec?
    /// The most tokens of a text for which positions are what the configuration says; nil where all are.
    public var limit: Int?

    /// An embedding from its parts.
    public init(
        scale: Float = 1, positions: LearnedPositions? = nil, tokenTypes: Int = 0, norm: NormSpec? = nil
    ) {
        self.scale = scale
        self.positions = positions
        self.tokenTypes = tokenTypes
        self.norm = norm
    }

    /// The most tokens of a text; nil where nothing ends.
    public var mostTokens: Int? { [positions?.mostTokens, limit].compactMap { $0 }.min() }
}

/// Positions with a learned row each.
public struct LearnedPositions: Sendable, Equatable {
    /// Rows of the table.
    public var count: Int
    /// The row of a text's first token.
    public var offset: Int
    /// A token that takes the row before `offset` wherever it stands, and is passed over when others are counted.
    public var padding: Int?

    /// Positions from their parts.
    public init(count: Int, offset: Int = 0, padding: Int? = nil) {
        self.count = count
        self.offset = offset
        self.padding = padding
    }

    /// The most tokens of a text.
    public var mostTokens: Int { count - offset }

    /// The row of each token.
    /// - Parameter positions: of each token in its text, from 0.
    func rows(of ids: [Int32], at positions: some Collection<Int32>) -> [Int32] {
        guard let padding else { return positions.map { $0 + Int32(offset) } }
        var passed: Int32 = 0
        return zip(ids, positions).map { id, position in
            if position == 0 { passed = 0 }
            guard Int(id) != padding else {
                passed += 1
                return Int32(offset - 1)
            }
            return Int32(offset) + position - passed
        }
    }
}
