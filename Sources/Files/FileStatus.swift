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

/// How long files are.
public enum FileSize {
    /// Bytes of the file at `url`, links followed; `nil` where nothing stands there.
    public static func bytes(ifThere url: URL) throws(SystemError) -> Int? {
        try FileStatus.of(url.path, followingLinks: true).map { Int($0.st_size) }
    }
}
