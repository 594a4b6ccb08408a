// Folders, with what the system says where it refuses one.

public import Foundation
public import Vocabulary

/// What is done with folders.
public enum Folder {
    /// Makes the folder at `url`, and those above it, where they are missing.
    public static func make(_ url: URL) throws(SystemError) {
        var status = stat()
        if stat(url.path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw SystemError(ENOTDIR, writing: url.path, "cannot be made a folder: a file is there")
            }
            return
        }
        let code = errno
        guard code == ENOENT else { throw SystemError(code, writing: url.path, "cannot be made") }
        guard lstat(url.path, &status) != 0 else {
            throw SystemError(ENOENT, writing: url.path, "cannot be made a folder: it is a link to something missing")
        }
        let parent = url.deletingLastPathComponent()
        if parent.path != url.path { try make(parent) }
        // Another process may have been faster.
        if mkdir(url.path, 0o777) != 0, errno != EEXIST {
            throw SystemError(errno, writing: url.path, "cannot be made")
        }
    }

    /// Names of what is in the folder at `url`, in order of their bytes; `nil` where there is none that can be listed.
    public static func names(in url: URL) -> [String]? {
        (try? FileManager.default.contentsOfDirectory(atPath: url.path))?.sorted()
    }
}
