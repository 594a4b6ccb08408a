// What can go wrong with a template, and where.

public import Vocabulary

/// A place in a template's source: both counted from 1, columns in Unicode scalars.
public struct TemplatePosition: Sendable, Equatable {
    public let line: Int
    public let column: Int
}

/// A template that cannot be read, or that failed while it was rendered.
public struct TemplateError: ClassifiedError, Equatable {
    /// The kinds of failure a caller may want to tell apart.
    public enum Fault: Sendable, Equatable {
        /// The source is not a template.
        case syntax
        /// A value was used that does not exist.
        case undefined
        /// An operation does not fit its values.
        case runtime
        /// The template itself refused its input, with `raise_exception`.
        case raised
        /// The template went over a limit that guards against hostile templates.
        case limit
        /// The template reached for something that the sandbox keeps from it.
        case security
    }

    public let fault: Fault
    public let message: String
    /// Where; `nil` where the failure belongs to no place in the source.
    public private(set) var position: TemplatePosition?

    public var kind: FailureKind { .badInput }

    public var description: String {
        guard let position else { return message }
        return "line \(position.line), column \(position.column): \(message)"
    }

    init(_ fault: Fault, _ message: String, at position: TemplatePosition? = nil) {
        self.fault = fault
        self.message = message
        self.position = position
    }

    /// The same failure, placed at `position` unless a narrower place is known already.
    func placed(at position: TemplatePosition) -> TemplateError {
        guard self.position == nil else { return self }
        var copy = self
        copy.position = position
        return copy
    }

    static func runtime(_ message: String) -> TemplateError { TemplateError(.runtime, message) }
    static func limit(_ message: String) -> TemplateError { TemplateError(.limit, message) }
}

/// The bounds that keep a hostile template from taking the process with it.
enum Limits {
    /// Nested brackets, blocks and operators in the source.
    static let sourceDepth = 120
    static let sourceScalars = 4 << 20
    /// Nested evaluations, macro calls included.
    static let evaluationDepth = 600
    /// Expressions, statements and loop turns in one rendering.
    static let steps = 5_000_000
    /// Bytes of one string, and of the whole output.
    static let stringBytes = 8 << 20
    /// Bytes of all strings and lists built in one rendering.
    static let totalBytes = 256 << 20
    /// Bytes that an element of a list counts as.
    static let elementBytes = 48
    /// Seconds that one rendering may compute: ten thousand times what a long conversation takes.
    static let seconds = 1.0
    /// Elements of one list.
    static let elements = 250_000
    /// Lists within lists.
    static let valueDepth = 200
    /// Parts of one value, shared ones counted each time; a string counts one more for each 16 bytes.
    static let weight = 2_000_000
    /// Elements of a `range`, as in Jinja2's sandbox.
    static let range = 100_000
}
