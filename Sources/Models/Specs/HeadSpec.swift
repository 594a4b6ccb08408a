// What becomes of the products of the language head, as data.

/// The head: `logits = cap · tanh((s · x·Wᵀ + b) / cap)`, or without what a family does not have.
public struct HeadSpec: Sendable, Equatable {
    /// s.
    public var scale: Float
    /// `cap`; nil where logits are as large as they come.
    public var softcap: Float?
    /// Whether there is b.
    public var hasBias: Bool

    /// A head from its parts.
    public init(scale: Float = 1, softcap: Float? = nil, hasBias: Bool = false) {
        self.scale = scale
        self.softcap = softcap
        self.hasBias = hasBias
    }
}
