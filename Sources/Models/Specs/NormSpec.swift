// What a norm computes, as data.

/// A norm of rows.
public struct NormSpec: Sendable, Equatable {
    /// By what rows are normed.
    public enum Kind: Sendable {
        /// Their root mean square.
        case rms
        /// Their mean and deviation.
        case layer
    }

    public var kind: Kind
    /// ε.
    public var epsilon: Float
    /// What is added to each number of the weight as Hugging Face stores it.
    public var offset: Float
    /// Whether there is a weight; all ones otherwise.
    public var hasWeight: Bool
    /// Whether there is a bias.
    public var hasBias: Bool

    /// A norm from its parts.
    public init(
        _ kind: Kind = .rms, epsilon: Float, offset: Float = 0, hasWeight: Bool = true, hasBias: Bool = false
    ) {
        self.kind = kind
        self.epsilon = epsilon
        self.offset = offset
        self.hasWeight = hasWeight
        self.hasBias = hasBias
    }
}
