// A folder whose files appear together or not at all: filled under a temporary name beside its place, then put there in one step.

public import Foundation
internal import Vocabulary

/// A folder being filled. Until `commit` its place is untouched; without `commit` what was written is removed.
///
/// It only takes a place that is free, or where a manifest shows that Lathe wrote everything. It gets a manifest of its own.
public final class AtomicFolder {
    public let url: URL
    /// Where files are written until `commit`.
    public let staging: URL
    private let content: Manifest.Content
    private let run: String?
    /// Locked as long as this process fills the folder: the system lets go of it when the process ends, however it ends.
    private var lock: Int32 = -1

    /// Throws where something stands at `url` that may not be replaced. What killed processes left of the same folder is removed.
    ///
    /// - Parameter run: the run that writes, which replaces no other run's.
    public init(_ url: URL, _ content: Manifest.Content, of run: String? = nil) throws {
        try Ownership.requireFolder(url, content, of: run)
        self.url = url
        self.content = content
        self.run = run
        let parent = url.deletingLastPathComponent()
        try Folder.make(parent)
        try StagingFolder.removeLeftovers(of: url, content)
        (staging, lock) = try StagingFolder.make(for: url)
    }

    deinit { abandon() }

    /// Puts the folder in its place. Its files have been made durable by whoever wrote them.
    public func commit() throws {
        precondition(lock >= 0, "the folder was put in place or abandoned")
        do { try putInPlace() } catch {
            abandon()
            throw error
        }
        close(lock)
        lock = -1
        try Folder.makeDurable(url.deletingLastPathComponent())
    }

    /// Removes what was written. What cannot be removed is left to the next call, which says so where it cannot either.
    public func abandon() {
        guard lock >= 0 else { return }
        UnfinishedPlaces.remove(staged: staging)
        try? StagingFolder.remove(staging)
        close(lock)
        lock = -1
    }

    private func putInPlace() throws {
        // First the list, then the mark goes: whatever lies here when the process is killed is known to be Lathe's.
        let manifest: Manifest
        manifest = try Manifest(content, of: run, describing: staging)
        try AtomicFile.write(
            Array(manifest.text.utf8), to: staging.appendingPathComponent(Manifest.fileName), replaces: true)
        try Folder.removeFile(StagingFolder.mark(in: staging))
        try Folder.makeDurable(staging)
        try UnfinishedPlaces.putInPlace(staging) {
            if rename(staging.path, url.path) == 0 { return }
            let code = errno
            guard code == ENOTEMPTY || code == EEXIST else {
                throw SystemError(code, writing: url.path, "cannot be put in place")
            }
            try replace()
        }
    }

    /// Where a folder stands already: the two change names in one step, so that at no moment there is none, or one of both.
    ///
    /// Only then is looked at what stood here: under its new name nobody else puts anything into it.
    private func replace() throws {
        let aside: URL
        let isExchanged = Renaming.exchange(staging, url)
        if isExchanged {
            aside = staging
        } else {
            // File systems that cannot: for a moment there is no folder in its place.
            aside = staging.appendingPathExtension("old")
            guard rename(url.path, aside.path) == 0, rename(staging.path, url.path) == 0 else {
                let failure = SystemError(errno, writing: url.path, "cannot be put in place")
                rename(aside.path, url.path)
                throw failure
            }
        }
        do { try Ownership.requireOwn(aside, content, of: run, as: url) } catch {
            let isBack =
                isExchanged
                ? Renaming.exchange(staging, url)
                : rename(url.path, staging.path) == 0 && rename(aside.path, url.path) == 0
            guard isBack else { throw leaving(aside) }
            throw error
        }
        try Ownership.removeListed(aside)
    }

    /// What stood in the place, and is not all Lathe's, cannot be put back: it stays where it is, and is not taken for what was
    /// written here.
    private func leaving(_ aside: URL) -> SystemError {
        let failure = SystemError(errno, writing: url.path, "cannot be put back from \(aside.path)")
        close(lock)
        lock = -1
        return failure
    }
}
