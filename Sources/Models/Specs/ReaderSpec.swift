// What a model has beside its blocks that reads texts and writes none, as data.

/// A model that reads a text whole, to the right as to the left, and gives a state for each of its tokens: it writes nothing.
public struct ReaderSpec: Sendable, Equatable {
    /// Whether there is a pooler: a layer on the first token's state, then tanh.
    public var hasPooler: Bool

    /// A reader from its parts.
    public init(hasPooler: Bool = false) { self.hasPooler = hasPooler }
}

extension ModelConfiguration {
    /// Whether the model predicts the next token, and so can write texts.
    public var writesText: Bool { reader == nil }
}
