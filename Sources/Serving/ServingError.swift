// What can go wrong with what is asked of a served model.

public import Vocabulary

/// Why a request has no answer.
public enum ServingError: ClassifiedError, Equatable {
    /// As many wait as may; it is worth asking again after this time.
    case busy(retryAfter: Duration)
    /// The engine takes nothing new: it is about to end.
    case stopping
    /// Nobody has loaded an adapter of that name.
    case unknownAdapter(String, known: [String])
    /// A value that means nothing, and what it is of.
    case invalid(field: String, String)
    /// The model cannot do what is asked.
    case unsupported(String)
    /// An adapter that cannot be loaded, or not beside the others.
    case adapter(name: String, String)
    /// The model's numbers are not finite, or memory is out.
    case failed(String)

    public var kind: FailureKind {
        switch self {
        case .failed: .internal
        default: .badInput
        }
    }

    public var description: String {
        switch self {
        case .busy(let time): "too many requests wait; ask again in \(time.components.seconds) s"
        case .stopping: "the server is about to end and takes no more requests"
        case .unknownAdapter(let name, let known):
            "there is no adapter '\(name)'; loaded: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        case .invalid(let field, let text): "\(field): \(text)"
        case .unsupported(let text): text
        case .adapter(let name, let text): "adapter '\(name)': \(text)"
        case .failed(let text): text
        }
    }
}
