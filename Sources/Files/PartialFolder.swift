// Files that come slowly and outlive the process that gets them: what is there of them is there again for the next one.

public import Foundation
public import Vocabulary

/// A folder ".NAME.partial" beside NAME, for files that will be NAME's. It is Lathe's by the mark in it, and one process's at a time.
public final class PartialFolder {
    public let url: URL
    /// Bytes of another subject that waited here and were removed.
    public private(set) var removedBytes = 0
    private var lock: Int32 = -1
    private static let markName = ".lathe-subject"

    /// Where the parts of what will stand at `place` wait.
    public static func place(of place: URL) -> URL {
        place.deletingLastPathComponent().appendingPathComponent(".\(place.lastPathComponent).partial")
    }

    /// Goes on with what waits there, or begins anew where it is of another subject.
    ///
    /// - Parameter subject: of what the files are parts, in one line.
    /// - Throws: `PlaceError` where something that is not Lathe's lies there, or another process is at work.
    public init(for place: URL, subject: String) throws {
        url = Self.place(of: place)
        let mark = url.appendingPathComponent(Self.markName)
        let isNew = try FileForm(at: url) == nil
        if isNew { try Folder.make(url) }
        var status = stat()
        guard lstat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw PlaceError(place.path, inTheWay: url.path, .notOurs)
        }
        lock = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw SystemError(errno, writing: url.path, "cannot be opened") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            close(lock)
            lock = -1
            throw PlaceError(place.path, inTheWay: url.path, .busy(nil))
        }
        let found = try WholeFile.bytes(ifThere: mark).map { String(decoding: $0, as: UTF8.self) }
        if found == nil, let stranger = try FolderContents(url).withoutTemporary.files.first {
            throw PlaceError(place.path, inTheWay: url.appendingPathComponent(stranger).path, .notOurs)
        }
        guard found != subject else { return }
        if found != nil {
            for path in try FolderContents(url).files where path != Self.markName {
                removedBytes += try FileSize.bytes(ifThere: url.appendingPathComponent(path)) ?? 0
            }
            try removeFiles()
        }
        try AtomicFile.write(Array(subject.utf8), to: mark, replaces: true)
    }

    deinit { if lock >= 0 { close(lock) } }

    /// Where the file `path` waits; the folders above it are made.
    public func file(_ path: String) throws -> URL {
        let file = url.appendingPathComponent(path)
        try Folder.make(file.deletingLastPathComponent())
        return file
    }

    /// Gives the file `path` a second name, `place`, which is free and on the same file system: under its first it waits here until
    /// the folder is removed, whatever becomes of the other. Where files cannot have two names it moves.
    public func give(_ path: String, to place: URL) throws(SystemError) {
        let part = url.appendingPathComponent(path)
        guard link(part.path, place.path) != 0 else { return }
        let code = errno
        guard [EPERM, EACCES, EMLINK, ENOSYS, EOPNOTSUPP, EINVAL].contains(code) else {
            throw SystemError(code, writing: place.path, "cannot be put in place")
        }
        guard rename(part.path, place.path) == 0 else {
            throw SystemError(errno, writing: place.path, "cannot be put in place")
        }
    }

    /// Removes what waits for `place`, where it is of `subject` and nobody is at work there: what a process left that was killed when
    /// all stood in its place.
    public static func removeLeftover(for place: URL, subject: String) throws {
        let mark = Self.place(of: place).appendingPathComponent(markName)
        guard try WholeFile.bytes(ifThere: mark) == Array(subject.utf8) else { return }
        do { try PartialFolder(for: place, subject: subject).remove() } catch let error as PlaceError {
            guard error.reason == .busy(nil) else { throw error }
        }
    }

    /// Removes the folder with all that waits in it, the mark last.
    public func remove() throws {
        try removeFiles()
        try Folder.removeFile(url.appendingPathComponent(Self.markName))
        try Folder.removeEmpty(url)
    }

    private func removeFiles() throws {
        let contents = try FolderContents(url)
        for path in contents.files + contents.others where path != Self.markName {
            try Folder.removeFile(url.appendingPathComponent(path))
        }
        for path in contents.folders.reversed() { try Folder.removeEmpty(url.appendingPathComponent(path)) }
    }
}
