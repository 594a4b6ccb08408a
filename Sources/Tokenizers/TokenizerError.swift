// What is wrong with a tokenizer's description, and where.

public import Vocabulary

/// A tokenizer description that cannot be used.
public struct TokenizerError: ClassifiedError, Equatable {
    /// The place: a JSON path such as `$.model.vocab["a"]`, or a GGUF key such as `tokenizer.ggml.merges[7]`.
    public let place: String
    public let reason: String

    /// An error at `place`.
    public init(place: String, reason: String) {
        self.place = place
        self.reason = reason
    }

    public var kind: FailureKind { .badInput }
    public var description: String { "\(place): \(reason)" }
}
