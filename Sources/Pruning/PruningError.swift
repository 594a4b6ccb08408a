// The one error of this module.

public import Vocabulary

/// Why a model cannot be pruned as is asked.
public struct PruningError: ClassifiedError, Equatable {
    /// The file or part concerned.
    public let place: String
    /// What is wrong, as a sentence.
    public let problem: String
    /// What the person may try.
    public let hint: String?
    public let kind: FailureKind

    /// An error of what a model holds, unless `kind` says otherwise.
    public init(_ place: String, _ problem: String, hint: String? = nil, kind: FailureKind = .badInput) {
        self.place = place
        self.problem = problem
        self.hint = hint
        self.kind = kind
    }

    public var namedFile: String? { place }
    public var description: String { "\(place): \(problem)" + (hint.map { " (\($0))" } ?? "") }
}
