// The one error of this module.

/// Why a model cannot be merged or exported. Raised before the output's place is touched.
public struct ModelExportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, tensor or module concerned.
    public var place: String
    /// What is wrong, as a fragment.
    public var problem: String
    public var expected: String?
    public var found: String?
    /// What the user may try.
    public var hint: String?

    public init(_ place: String, _ problem: String, expected: String? = nil, found: String? = nil, hint: String? = nil)
    {
        self.place = place
        self.problem = problem
        self.expected = expected
        self.found = found
        self.hint = hint
    }

    public var description: String {
        var text = "\(place): \(problem)"
        let facts = [expected.map { "expected \($0)" }, found.map { "found \($0)" }].compactMap(\.self)
        if !facts.isEmpty { text += ": " + facts.joined(separator: ", ") }
        if let hint { text += " (\(hint))" }
        return text
    }
}
