// What can go wrong with a model whose configuration is sound: its weights, and its numbers.

internal import Spelling
public import Vocabulary

/// Why weights do not make the configured model: everything that is wrong, found in one go.
public struct ModelLoadError: ClassifiedError, Equatable {
    /// One thing wrong with one tensor.
    public enum Problem: Equatable, Sendable {
        /// Not in the file; `closest` is a name that is, and looks like it.
        case missing(path: String, closest: String?)
        case wrongShape(path: String, expected: String, found: String)
        /// In the file, but no part of the model.
        case unused(path: String, closest: String?)
        /// The source cannot give the tensor: an unsupported type, say.
        case unreadable(path: String, reason: String)
        /// A NaN or an infinity where the model has none.
        case notFinite(path: String, index: Int)
    }

    /// The file or folder.
    public let location: String
    public let problems: [Problem]

    public var kind: FailureKind { .badInput }
    public var namedFile: String? { location }

    public var description: String {
        var groups = MessageGroups(of: "tensors")
        for problem in problems { groups.add(problem.text, of: ShownText.name(problem.path), sense: problem.sense) }
        let onlyNumbers = problems.allSatisfy { if case .notFinite = $0 { true } else { false } }
        let summary = onlyNumbers ? "some weights are not finite:" : "the weights do not fit the configuration:"
        return (["\(location): \(summary)"] + groups.lines.map { "  " + $0 }).joined(separator: "\n")
    }
}

extension ModelLoadError.Problem {
    /// The tensor.
    var path: String {
        switch self {
        case .missing(let path, _), .wrongShape(let path, _, _), .unused(let path, _), .unreadable(let path, _),
            .notFinite(let path, _):
            path
        }
    }

    var text: String {
        switch self {
        case .missing(_, let closest): "is missing" + (closest.map { " (the closest name is \($0))" } ?? "")
        case .wrongShape(_, let expected, let found): "has shape \(found), expected \(expected)"
        case .unused(_, let closest):
            "is no part of the model" + (closest.map { " (the closest name is \($0))" } ?? "")
        case .unreadable(_, let reason): reason
        case .notFinite(_, let index): "holds a NaN or infinity at element \(index)"
        }
    }

    /// What is wrong, whatever the closest name is.
    var sense: String {
        switch self {
        case .missing: "missing"
        case .wrongShape: "shape"
        case .unused: "unused"
        case .unreadable: "unreadable"
        case .notFinite: "not finite"
        }
    }
}

/// Why a pass through the model cannot go on.
public enum ModelError: ClassifiedError, Equatable {
    /// A token id outside the vocabulary, and the row of the batch it stands in.
    case tokenOutOfRange(id: Int, row: Int, vocabularySize: Int)
    /// A type of token that the model does not tell apart.
    case typeOutOfRange(type: Int, types: Int)
    /// A text of more tokens than the model has positions for.
    case textTooLong(tokens: Int, limit: Int)
    /// An example for a model with an encoder that does not say where writing begins.
    case nothingToWrite(example: Int, startToken: Int)
    /// An example for a model with an encoder in which nothing stands before that.
    case nothingToRead(example: Int)
    /// A loss that is NaN or infinite: the example of the batch, and the first layer whose output is not finite.
    case nonFiniteLoss(example: Int, firstLayer: String)
    /// An adapter of virtual tokens where a text is read, and not written on.
    case noTextAfterVirtualTokens
    /// A task's loss where nothing that acts in the model has a head for it.
    case noTaskHead

    /// Of what was read: numbers that run away without being trained come from weights or an adapter that are too large. Those that
    /// training made too large are for the trainer to tell.
    public var kind: FailureKind { .badInput }

    public var description: String {
        switch self {
        case .tokenOutOfRange(let id, let row, let size):
            "token id \(id) in row \(row) is outside the vocabulary of \(size)"
        case .typeOutOfRange(let type, let types):
            "a token of type \(type), where the model tells \(types) apart, from 0 on"
        case .textTooLong(let tokens, let limit):
            "a text of \(tokens) tokens, where the model has \(limit) positions: lower data.max_length"
        case .nothingToWrite(let example, let token):
            "example \(example) of the batch holds no token \(token), with which this model begins to write: "
                + "its rows need a prompt and an answer"
        case .nothingToRead(let example):
            "example \(example) of the batch begins with what is written: this model needs something to read before it"
        case .nonFiniteLoss(let example, let layer):
            "the loss of example \(example) of the batch is not finite (first seen in \(layer)): "
                + "numbers of the model or of its adapter are too large"
        case .noTextAfterVirtualTokens:
            "the adapter has virtual tokens before each text, which serve tasks that write text alone"
        case .noTaskHead: "the adapter has no head for the task: it was trained to write text, or for another task"
        }
    }
}
