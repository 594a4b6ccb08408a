// How a failure reaches the person: one sentence with the place, a hint where there is one, and the exit code.

internal import Foundation

/// A failure in words, with the exit code that scripts read (sysexits.h).
public struct Failure: Error, Sendable, CustomStringConvertible {
    public enum Kind: Int32, Sendable {
        /// A flag or value on the command line.
        case usage = 64
        /// A recipe, data, model or adapter file that does not hold what it should.
        case badInput = 65
        /// A file that is not there.
        case missingInput = 66
        /// A defect in Lathe, or numbers that ran away.
        case `internal` = 70
        /// The disk, the permissions.
        case inputOutput = 74
        /// Stopped by the person; what was done is saved.
        case interrupted = 130
    }

    public let kind: Kind
    public let message: String
    public let hint: String?

    public init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    public var description: String { hint.map { "\(message)\nhint: \($0)" } ?? message }
}

extension Failure {
    /// Throws unless a file or folder stands at `path`.
    static func requireExists(_ path: String, _ what: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(.missingInput, "\(what) \(path) does not exist")
        }
    }

    /// Throws unless a file, and not a folder, stands at `path`.
    static func requireFile(_ path: String, _ what: String) throws {
        try requireExists(path, what)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw Failure(.badInput, "\(what) \(path) is a folder", hint: "name the file in it")
        }
    }
}
