// How a failure reaches the person: one sentence with the place, a hint where there is one, and the exit code.

internal import Files
internal import Spelling
public import Vocabulary

/// A failure in words, with the exit code that scripts read (sysexits.h).
public struct Failure: ClassifiedError {
    public typealias Kind = FailureKind

    public let kind: Kind
    public let message: String
    public let hint: String?
    /// The file that the message names, where it is known to name one.
    public let namedFile: String?

    public init(_ kind: Kind, _ message: String, hint: String? = nil, namedFile: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.namedFile = namedFile
    }

    public var description: String {
        // A line break in a file's name is none of the message's.
        let shown =
            namedFile.flatMap { $0.contains("\n") ? message.replacing($0, with: ShownText.name($0)) : nil } ?? message
        return hint.map { "\(shown)\nhint: \($0)" } ?? shown
    }
}

extension Failure {
    /// Throws unless a file or folder stands at `path`.
    static func requireExists(_ path: String, _ what: String) throws {
        guard try FileForm(at: path) != nil else {
            throw Failure(.missingInput, "\(what) \(path: path) does not exist", namedFile: path)
        }
    }

    /// Throws unless a file, and not a folder, stands at `path`.
    static func requireFile(_ path: String, _ what: String) throws {
        try requireExists(path, what)
        guard try FileForm(at: path) != .folder else {
            throw Failure(.badInput, "\(what) \(path: path) is a folder", hint: "name the file in it", namedFile: path)
        }
    }
}
