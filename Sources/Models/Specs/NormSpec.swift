// What a norm computes, as data.

/// A norm of rows by their root mean square.
public struct NormSpec: Sendable, Equatable {
    /// ε.
    public var epsilon: Float
    /// What is added to each number of the weight as Hugging Face stores it.
    public var offset: Float

    /// A norm from its parts.
    public init(epsilon: Float, offset: Float = 0) {
        self.epsilon = epsilon
        self.offset = offset
    }
}
