// The sizes and kinds of one attention, as data.

public import Kernels

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
    /// c: a score s counts as c·tanh(s / c); nil: as it is.
    public var softcap: Float?
    /// Which positions a token sees.
    public var mask: AttentionMask
    /// How many of them: behind a causal mask its own and those right before it, behind a bidirectional one as many to each side;
    /// nil for all.
    public var window: Int?
    /// How positions turn queries and keys; nil where they do not.
    public var rotary: RotaryPositions?

    /// A shape from its parts.
    /// - Parameter scale: nil for 1/√D.
    public init(
        heads: Int, groups: Int, headWidth: Int, scale: Float? = nil, softcap: Float? = nil,
        mask: AttentionMask = .causal, window: Int? = nil, rotary: RotaryPositions?
    ) {
        self.heads = heads
        self.groups = groups
        self.headWidth = headWidth
        self.scale = scale ?? 1 / Float(headWidth).squareRoot()
        self.softcap = softcap
        self.mask = mask
        self.window = window
        self.rotary = rotary
    }

    /// What the kernels compute.
    /// - Parameter bias: what is added to scores by distance.
    func rule(_ bias: PositionBias? = nil) -> AttentionRule {
        AttentionRule(
            heads: heads, groups: groups, scale: scale, softcap: softcap, mask: mask, window: window, bias: bias)
    }

    /// Width of all query heads together.
    public var queryWidth: Int { heads * headWidth }
    /// Width of all key (or value) heads together.
    public var keyValueWidth: Int { groups * headWidth }
}
