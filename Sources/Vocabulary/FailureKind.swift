// What kinds of failure there are: what a script that calls Lathe can tell apart.

/// The kind of a failure. Whoever throws an error says it; nobody reads it off a message.
///
/// The raw value is the command's exit code (sysexits.h; 130 as shells have it for an interrupt).
public enum FailureKind: Int32, Sendable, CaseIterable, Codable {
    /// A flag or value on the command line.
    case usage = 64
    /// A recipe, data, model or adapter file that does not hold what it should.
    case badInput = 65
    /// A file that is not there.
    case missingInput = 66
    /// A defect in Lathe, or numbers that ran away.
    case `internal` = 70
    /// The disk, the permissions, a place that is taken.
    case inputOutput = 74
    /// Stopped by the person; what was done is saved.
    case interrupted = 130
}

/// An error that knows its kind. Every error type of every module is one.
public protocol ClassifiedError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    var kind: FailureKind { get }
    /// The file or folder that its description names already; `nil`: none, so that a caller who knows it may add it.
    var namedFile: String? { get }
}

extension ClassifiedError {
    public var namedFile: String? { nil }
}
