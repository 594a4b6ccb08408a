// What the system refused, in words a person knows.

internal import Glibc

/// A call that the system refused: which file, what for, and `errno` as it was when the call failed.
public struct SystemError: ClassifiedError, Equatable {
    /// What the file was wanted for: a file that is missing means something else where it was to be read.
    public enum Purpose: Sendable { case reading, writing }

    /// `errno`.
    public let code: Int32
    public let path: String
    public let purpose: Purpose
    /// What cannot be done, as a fragment: "cannot be flushed".
    public let problem: String

    /// A file or folder that cannot be read. `code` stands first so that nothing is called between the failure and `errno`.
    public init(_ code: Int32, reading path: String, _ problem: String = "cannot be read") {
        self.init(code, path, .reading, problem)
    }

    /// A file or folder that cannot be made or written.
    public init(_ code: Int32, writing path: String, _ problem: String = "cannot be written") {
        self.init(code, path, .writing, problem)
    }

    private init(_ code: Int32, _ path: String, _ purpose: Purpose, _ problem: String) {
        self.code = code
        self.path = path
        self.purpose = purpose
        self.problem = problem
    }

    public var namedFile: String? { path }

    public var kind: FailureKind {
        switch (purpose, code) {
        case (.reading, ENOENT), (.reading, ENOTDIR): .missingInput
        case (.reading, EISDIR), (.reading, ELOOP), (.reading, ENAMETOOLONG): .badInput
        default: .inputOutput
        }
    }

    /// Whether there is no room: on the disk, in the quota, or below the largest size of a file.
    public var isOutOfSpace: Bool { [ENOSPC, EDQUOT, EFBIG].contains(code) }

    public var description: String { "\(path): \(problem): \(cause)" }

    /// The reason alone, in plain words with the system's own after them, by which others can be asked.
    public var cause: String {
        let system = String(cString: strerror(code))
        return Self.words[code].map { "\($0) (\(system))" } ?? system
    }

    private static let words: [Int32: String] = [
        ENOSPC: "the disk is full", EDQUOT: "the disk quota is used up",
        EFBIG: "the file would be larger than is allowed here", EACCES: "no permission", EPERM: "no permission",
        EROFS: "the file system is read-only", ENOTDIR: "a part of the path is no folder", EISDIR: "it is a folder",
        ELOOP: "its links lead in a circle", ENAMETOOLONG: "the name is too long", ENOENT: "it does not exist",
        EEXIST: "it is there already", ENOTEMPTY: "there is something in it", EMFILE: "too many files are open",
        ENFILE: "too many files are open", EIO: "the disk fails", EXDEV: "it lies on another file system",
        EBUSY: "it is in use", ETXTBSY: "it is in use", ENOMEM: "there is no memory for it",
        EPIPE: "nobody reads it any more", ENXIO: "nobody reads it",
    ]
}
