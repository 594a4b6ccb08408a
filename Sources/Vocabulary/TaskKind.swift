/// What a model is trained for and used for, as recipes name it.
public enum TaskKind: String, Sendable, CaseIterable {
    /// Writes text.
    case generate
    /// Reads a text with an encoder and writes another.
    case seq2seq
    /// Says which class a text is of, or which classes.
    case classify
    /// Gives a number for a text.
    case regress
    /// Gives each word of a text a class, and so spans of it a kind.
    case tag
    /// Gives a text a vector.
    case embed

    /// Whether it is answered in text. Which of these it is, the model says.
    public var writesText: Bool { self == .generate || self == .seq2seq }

    /// Whether a head of its own stands in the place of the language's.
    public var hasHead: Bool { [.classify, .regress, .tag].contains(self) }

    /// Whether its answers are names from a list.
    public var hasLabels: Bool { self == .classify || self == .tag }
}
