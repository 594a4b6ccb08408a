// Folders, with what the system says where it refuses one.

public import Foundation
public import Vocabulary

/// What is done with folders.
public enum Folder {
    /// Makes the folder at `url`, and those above it, where they are missing; not once the process has been told to stop.
    public static func make(_ url: URL) throws(SystemError) { try UnfinishedPlaces.make(url, missing: []) }

    /// `make`, whatever else goes on.
    static func create(_ url: URL) throws(SystemError) {
        var status = stat()
        if stat(url.path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw SystemError(ENOTDIR, writing: url.path, "cannot be made a folder")
            }
            return
        }
        let code = errno
        guard code == ENOENT else { throw SystemError(code, writing: url.path, "cannot be made") }
        guard lstat(url.path, &status) != 0 else {
            throw SystemError(ENOENT, writing: url.path, "is a link, and what it leads to cannot be made a folder")
        }
        let parent = url.deletingLastPathComponent()
        if parent.path != url.path { try create(parent) }
        // Another process may have been faster.
        if mkdir(url.path, 0o777) != 0, errno != EEXIST {
            throw SystemError(errno, writing: url.path, "cannot be made")
        }
    }

    /// Names of what is in the folder at `url`, in order of their bytes; `nil` where there is none. One that cannot be listed is not
    /// one in which nothing is.
    public static func names(in url: URL) throws(SystemError) -> [String]? {
        guard let folder = opendir(url.path) else {
            if errno == ENOENT { return nil }
            throw SystemError(errno, reading: url.path, "cannot be listed")
        }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw SystemError(errno, reading: url.path, "cannot be listed") }
        return names.sorted()
    }

    /// Makes names that were given or taken in the folder at `url` durable. File systems that cannot, and folders that may be
    /// written and not read, are left as they are.
    public static func makeDurable(_ url: URL) throws(SystemError) {
        func requireDurable(_ isDone: Bool) throws(SystemError) {
            guard !isDone, ![EINVAL, ENOTSUP, EACCES].contains(errno) else { return }
            throw SystemError(errno, writing: url.path, "cannot be flushed")
        }
        let descriptor = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try requireDurable(descriptor >= 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        try requireDurable(fsync(descriptor) == 0)
    }

    /// Removes the empty folder at `url`, if there is one.
    static func removeEmpty(_ url: URL) throws(SystemError) {
        guard rmdir(url.path) != 0, errno != ENOENT else { return }
        throw SystemError(errno, writing: url.path, "cannot be removed")
    }

    /// Removes the file at `url`, if there is one.
    public static func removeFile(_ url: URL) throws(SystemError) {
        guard unlink(url.path) != 0, errno != ENOENT else { return }
        throw SystemError(errno, writing: url.path, "cannot be removed")
    }
}
