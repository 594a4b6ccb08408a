// A folder whose files appear together or not at all: filled under a temporary name beside its place, then put there in one step.

public import Foundation
public import Vocabulary

/// A folder being filled. Until `commit` its place is untouched; without `commit` what was written is removed. What a killed process
/// left behind is removed by the next one that fills the same folder.
public final class AtomicFolder {
    public let url: URL
    /// Where files are written until `commit`.
    public let staging: URL
    /// Files that may be replaced, others that stand in the folder stay; `nil`: all of them.
    private let owned: Set<String>?
    /// Locked as long as this process fills the folder: the system lets go of it when the process ends, however it ends.
    private var lock: Int32 = -1

    private static let suffix = ".partial"

    /// - Parameter owned: names of the files that this folder consists of, `nil` where all in it are; those not written anew are gone
    ///   after `commit`.
    public init(_ url: URL, owned: [String]?) throws(SystemError) {
        self.url = url
        self.owned = owned.map { Set($0) }
        let parent = url.deletingLastPathComponent()
        try Folder.make(parent)
        Self.removeLeftovers(of: url)
        var path = Array(parent.appendingPathComponent(Self.prefix(of: url) + "XXXXXX").path.utf8CString)
        guard mkdtemp(&path) != nil else {
            throw SystemError(errno, writing: url.path, "cannot be created")
        }
        // Under a name that no other run takes for a leftover until it is locked.
        let fresh = URL(
            fileURLWithPath: path.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) })
        staging = fresh.appendingPathExtension(String(Self.suffix.dropFirst()))
        chmod(fresh.path, 0o777 & ~Self.mask)
        lock = open(fresh.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0, rename(fresh.path, staging.path) == 0 else {
            let failure = SystemError(errno, writing: url.path, "cannot be created")
            if lock >= 0 { close(lock) }
            lock = -1
            rmdir(fresh.path)
            throw failure
        }
    }

    deinit { abandon() }

    /// Puts the folder in its place. Its files have been made durable by whoever wrote them.
    public func commit() throws(SystemError) {
        precondition(lock >= 0, "the folder was put in place or abandoned")
        flushDirectory(staging)
        if rename(staging.path, url.path) != 0 {
            let code = errno
            guard code == ENOTEMPTY || code == EEXIST else { throw failure(code) }
            try replace()
        }
        flushDirectory(url.deletingLastPathComponent())
        close(lock)
        lock = -1
    }

    /// Removes what was written.
    public func abandon() {
        guard lock >= 0 else { return }
        try? FileManager.default.removeItem(at: staging)
        close(lock)
        lock = -1
    }

    // MARK: Replacing a folder

    /// Where a folder stands already: the two change names in one step, so that at no moment there is none, or one of both.
    private func replace() throws(SystemError) {
        if !Self.exchange(staging, url) {
            // File systems that cannot: for a moment there is no folder in its place.
            let aside = staging.appendingPathExtension("old")
            guard rename(url.path, aside.path) == 0 else { throw failure(errno) }
            guard rename(staging.path, url.path) == 0 else {
                let failure = SystemError(errno, writing: url.path, "cannot be put in place")
                rename(aside.path, url.path)
                throw failure
            }
            rename(aside.path, staging.path)
        }
        // `staging` now names what stood here before.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: staging.path)) ?? []
        for name in names where owned.map({ !$0.contains(name) }) ?? false && !name.hasSuffix(Self.suffix) {
            rename(staging.appendingPathComponent(name).path, url.appendingPathComponent(name).path)
        }
        try? FileManager.default.removeItem(at: staging)
    }

    private func failure(_ code: Int32) -> SystemError {
        abandon()
        return SystemError(code, writing: url.path, "cannot be put in place")
    }

    /// `renameat2` with `RENAME_EXCHANGE`, which Swift's Glibc module does not show.
    private static func exchange(_ first: URL, _ second: URL) -> Bool {
        typealias RenameAt2 = @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
        guard let symbol = dlsym(nil, "renameat2") else { return false }
        return unsafeBitCast(symbol, to: RenameAt2.self)(AT_FDCWD, first.path, AT_FDCWD, second.path, 2) == 0
    }

    // MARK: Leftovers

    private static func prefix(of url: URL) -> String { ".\(url.lastPathComponent)-" }

    /// What processes that no longer live were filling. A folder set aside where names cannot be exchanged goes back to its place.
    private static func removeLeftovers(of url: URL) {
        let parent = url.deletingLastPathComponent()
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []).sorted()
        for name in names where name.hasPrefix(prefix(of: url)) && name.contains(suffix) {
            let folder = parent.appendingPathComponent(name)
            let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
            if name.hasSuffix(".old"), rename(folder.path, url.path) == 0 { continue }
            try? FileManager.default.removeItem(at: folder)
        }
    }

    /// The bits that new files go without.
    private static let mask: mode_t = {
        let mask = umask(0o22)
        umask(mask)
        return mask
    }()
}
