// The sizes and kinds of one attention, as data.

/// The sizes and kinds of one attention.
public struct AttentionShape: Sendable, Equatable {
    /// H, query heads.
    public var heads: Int
    /// G, key and value heads; divides `heads`.
    public var groups: Int
    /// D, the width of one head.
    public var headWidth: Int
    /// What products of queries and keys are multiplied with.
    public var scale: Float
    /// How many positions a token sees, its own included; nil for all before it.
    public var window: Int?
    /// How positions turn queries and keys; nil where they do not.
    public var rotary: RotaryPositions?

    /// A shape from its parts.
    /// - Parameter scale: nil for 1/√D.
    public init(
        heads: Int, groups: Int, headWidth: Int, scale: Float? = nil, window: Int? = nil, rotary: RotaryPositions?
    ) {
        self.heads = heads
        self.groups = groups
        self.headWidth = headWidth
        self.scale = scale ?? 1 / Float(headWidth).squareRoot()
        self.window = window
        self.rotary = rotary
    }

    /// Width of all query heads together.
    public var queryWidth: Int { heads * headWidth }
    /// Width of all key (or value) heads together.
    public var keyValueWidth: Int { groups * headWidth }
}
