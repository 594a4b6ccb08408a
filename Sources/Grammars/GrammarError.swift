// Why there is no grammar of what was asked.

public import Vocabulary

/// A schema, pattern or tokenizer of which no grammar can be made.
public struct GrammarError: ClassifiedError, Equatable {
    /// Where it is, as a JSON pointer into what was given (`#/properties/age`) or by line and column; empty for what has no place.
    public let place: String
    /// What cannot be, and what can.
    public let reason: String

    public init(place: String = "", _ reason: String) {
        self.place = place
        self.reason = reason
    }

    public var kind: FailureKind { .badInput }
    public var description: String { place.isEmpty ? reason : "\(place): \(reason)" }
}
