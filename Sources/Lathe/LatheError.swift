// The one error that the library throws.

public import Vocabulary
internal import Workbench

/// What went wrong, in words for a person and with a kind for a program.
///
///     do { _ = try Model("no/such/model") } catch where error.kind == .missingInput { … }
public struct LatheError: ClassifiedError {
    /// A wrong call, a wrong file, a missing one, a defect, the disk, or a stop.
    public let kind: FailureKind
    /// One sentence or more, with the place: "rows.jsonl:3: no field 'prompt'".
    public let message: String
    /// What helps, where something does.
    public let hint: String?
    /// The file that `message` names, where it names one.
    public let namedFile: String?

    /// Any error that work throws.
    init(_ error: any Error) {
        let failure = Failure(describing: error)
        (kind, message, hint, namedFile) = (failure.kind, failure.message, failure.hint, failure.namedFile)
    }

    /// `message` and `hint`.
    public var description: String { hint.map { "\(message)\nhint: \($0)" } ?? message }

    /// Does `work`; what it throws is thrown as the library's own.
    static func catching<Result>(_ work: () throws -> Result) throws(LatheError) -> Result {
        do { return try work() } catch { throw LatheError(error) }
    }
}
