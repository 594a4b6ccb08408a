// Folders under temporary names: how they are made, and how those that killed processes left are known.

internal import Foundation
internal import Vocabulary

/// Folders ".NAME-PROCESS-XXXXXX.partial" beside NAME, each with a mark in it until it is whole.
enum StagingFolder {
    private static let suffix = ".partial"

    private static func prefix(of url: URL) -> String { ".\(url.lastPathComponent)-" }

    /// The process that makes the folder `name`, which is not marked and locked yet: ".NAME-PROCESS-XXXXXX".
    private static func maker(of name: String, for url: URL) -> pid_t? {
        let parts = name.dropFirst(prefix(of: url).count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 6, let process = pid_t(parts[0]), process > 0 else { return nil }
        return process
    }

    /// The file that says that Lathe fills a folder. Nobody's folder is one for its name alone.
    static func mark(in folder: URL) -> URL { folder.appendingPathComponent(markName) }
    static let markName = ".lathe-is-writing"

    /// Whether Lathe was or is filling `folder`.
    static func isMarked(_ folder: URL) -> Bool { access(mark(in: folder).path, F_OK) == 0 }

    /// A new folder beside `url`, and its lock.
    static func make(for url: URL) throws(SystemError) -> (URL, lock: Int32) {
        let parent = url.deletingLastPathComponent()
        let fresh = try UnfinishedPlaces.stage { () throws(SystemError) in
            // Under a name that no other run takes for a leftover until it is marked and locked.
            var path = Array(parent.appendingPathComponent(prefix(of: url) + "\(getpid())-XXXXXX").path.utf8CString)
            guard mkdtemp(&path) != nil else { throw SystemError(errno, writing: url.path, "cannot be created") }
            return URL(
                fileURLWithPath: path.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) })
        }
        let staging = fresh.appendingPathExtension(String(suffix.dropFirst()))
        chmod(fresh.path, 0o777 & ~mask)
        do throws(SystemError) { try AtomicFile.write(Array("\(getpid())\n".utf8), to: mark(in: fresh)) } catch {
            rmdir(fresh.path)
            UnfinishedPlaces.remove(staged: fresh)
            throw error
        }
        let lock = open(fresh.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let code =
            lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0
            ? UnfinishedPlaces.rename(staged: fresh, to: staging) : errno
        guard code == 0 else {
            let failure = SystemError(code, writing: url.path, "cannot be created")
            UnfinishedPlaces.remove(staged: fresh)
            if lock >= 0 { close(lock) }
            unlink(mark(in: fresh).path)
            rmdir(fresh.path)
            throw failure
        }
        return (staging, lock)
    }

    /// Removes what processes that no longer live were filling, or had put aside. A folder set aside where names cannot be
    /// exchanged goes back to its place. What has neither the mark nor a manifest that lists all of it is not Lathe's.
    static func removeLeftovers(of url: URL, _ content: Manifest.Content) throws {
        let parent = url.deletingLastPathComponent()
        for name in try Folder.names(in: parent) ?? [] where name.hasPrefix(prefix(of: url)) {
            let folder = parent.appendingPathComponent(name)
            if let maker = maker(of: name, for: url) { removeUnfinished(folder, of: maker) }
            guard name.hasSuffix(suffix) || name.hasSuffix(suffix + ".old") else { continue }
            let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
            if isMarked(folder) {
                try remove(folder)
                continue
            }
            do { try Ownership.requireOwn(folder, content, as: folder) } catch is PlaceError { continue }
            if name.hasSuffix(".old"), Renaming.intoFreePlace(folder, url) == 0 { continue }
            try Ownership.removeListed(folder)
        }
    }

    /// Removes a folder that is being filled, the mark after all else: one that is killed meanwhile, or of which something cannot be
    /// removed, is still known.
    static func remove(_ folder: URL) throws(SystemError) {
        let contents = try FolderContents(folder)
        // The mark may be gone already, where the folder was whole and its place was refused.
        for path in contents.files + contents.others where path != markName {
            try Folder.removeFile(folder.appendingPathComponent(path))
        }
        for path in contents.folders.reversed() { try Folder.removeEmpty(folder.appendingPathComponent(path)) }
        // What came meanwhile leaves it marked.
        guard try Folder.names(in: folder)?.allSatisfy({ $0 == markName }) != false else { return }
        try Folder.removeFile(mark(in: folder))
        try Folder.removeEmpty(folder)
    }

    /// Removes a folder whose maker was killed before it had its last name. What holds more than a mark stays.
    private static func removeUnfinished(_ folder: URL, of maker: pid_t) {
        guard maker != getpid(), kill(maker, 0) != 0, errno == ESRCH else { return }
        TemporaryName.removeAbandoned(in: folder)
        if (try? Folder.names(in: folder)) == [markName] { unlink(mark(in: folder).path) }
        rmdir(folder.path)
    }

    /// The bits that new files go without.
    private static let mask: mode_t = {
        let mask = umask(0o22)
        umask(mask)
        return mask
    }()
}
