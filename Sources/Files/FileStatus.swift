// What the system knows of a path. A place that cannot be looked at is not one at which nothing is.

public import Foundation
public import Vocabulary

/// What stands at a path, as `stat` and `lstat` tell it.
enum FileStatus {
    /// What stands at `path`, links followed or not; `nil` where nothing does.
    static func of(_ path: String, followingLinks: Bool) throws(SystemError) -> stat? {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else {
            let code = errno
            guard code == ENOENT || code == ENOTDIR else {
                throw SystemError(code, reading: path, "cannot be looked at")
            }
            return nil
        }
        return status
    }
}

extension stat {
    /// Whether it is a regular file.
    var isFile: Bool { st_mode & S_IFMT == S_IFREG }
}

/// A file as the system tells it apart from any other, and from itself with other bytes.
struct FileIdentity: Equatable {
    private let device: UInt64
    private let number: UInt64
    private let bytes: Int
    private let seconds: Int
    private let nanoseconds: Int

    init(_ status: stat) {
        (device, number, bytes) = (UInt64(status.st_dev), UInt64(status.st_ino), Int(status.st_size))
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }

    /// What stands at `url`; nil where nothing does.
    init?(at url: URL) throws(SystemError) {
        guard let status = try FileStatus.of(url.path, followingLinks: false) else { return nil }
        self.init(status)
    }
}

/// How long files are.
public enum FileSize {
    /// Bytes of the file at `url`, links followed; `nil` where nothing stands there.
    public static func bytes(ifThere url: URL) throws(SystemError) -> Int? {
        try FileStatus.of(url.path, followingLinks: true).map { Int($0.st_size) }
    }
}
