// The one error of this module.

public import Vocabulary

/// Why a model cannot be merged or exported. Raised before the output's place is touched.
public struct ModelExportError: ClassifiedError, Equatable {
    /// The file, tensor or module concerned.
    public var place: String
    /// What is wrong, as a fragment.
    public var problem: String
    public var expected: String?
    public var found: String?
    /// What the user may try.
    public var hint: String?
    public var kind: FailureKind

    /// An error of what a model or adapter holds, unless `kind` says otherwise.
    public init(
        _ place: String, _ problem: String, expected: String? = nil, found: String? = nil, hint: String? = nil,
        kind: FailureKind = .badInput
    ) {
        self.place = place
        self.problem = problem
        self.expected = expected
        self.found = found
        self.hint = hint
        self.kind = kind
    }

    public var namedFile: String? { place }

    public var description: String {
        var text = "\(place): \(problem)"
        let facts = [expected.map { "expected \($0)" }, found.map { "found \($0)" }].compactMap(\.self)
        if !facts.isEmpty { text += ": " + facts.joined(separator: ", ") }
        if let hint { text += " (\(hint))" }
        return text
    }
}
