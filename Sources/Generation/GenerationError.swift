// What can go wrong with one sequence. Others go on.

public import Vocabulary

/// Why a request has no answer, or no whole one.
public enum GenerationError: ClassifiedError, Equatable {
    case emptyPrompt
    /// The prompt leaves no room for a token more.
    case promptFillsContext(tokens: Int, contextLength: Int)
    /// A token of the prompt that the model does not have, and its place.
    case tokenOutOfRange(id: Int, position: Int, vocabularySize: Int)
    /// A token that the model does not have, with a bias.
    case biasOutOfRange(id: Int, vocabularySize: Int)
    /// The model has an encoder, and the prompt does not hold something to read and then the token with which writing begins.
    case nothingToRead(startToken: Int)
    /// A logit is not a number, or none is finite: for the token at `position` of the sequence.
    case nonFiniteLogits(position: Int)
    /// Biases and penalties, or a grammar beside them, make every token impossible: for the token at `position` of the sequence.
    case nothingAllowed(position: Int)

    public var kind: FailureKind { .badInput }

    public var description: String {
        switch self {
        case .emptyPrompt: "the prompt holds no token"
        case .promptFillsContext(let tokens, let length):
            "the prompt's \(tokens) tokens fill the model's context of \(length)"
        case .tokenOutOfRange(let id, let position, let size):
            "token id \(id) at position \(position) of the prompt is outside the vocabulary of \(size)"
        case .biasOutOfRange(let id, let size): "token id \(id) has a bias and is outside the vocabulary of \(size)"
        case .nothingToRead(let token):
            "the prompt needs something to read, and then token \(token), with which this model begins to write"
        case .nonFiniteLogits(let position):
            "the logits at position \(position) are not finite: numbers of the model or of its adapter are too large"
        case .nothingAllowed(let position): "biases and penalties leave no token for position \(position)"
        }
    }
}
