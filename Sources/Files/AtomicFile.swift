// A file that appears whole or not at all: written under a temporary name beside its place, flushed, then renamed.

internal import Digests
public import Foundation
public import Vocabulary

/// A file being written. Until `commit` its place is untouched; without `commit` the temporary file is removed.
public final class AtomicFile {
    public let url: URL
    public private(set) var byteCount = 0
    private let temporary: URL
    private let replaces: Bool
    private var descriptor: Int32
    /// Of the bytes so far, where it is asked for.
    private var hash: SHA256?

    /// - Parameters:
    ///   - replaces: whether something may stand at the place: only for who knows that Lathe wrote it.
    ///   - isHashed: whether the digest is made as bytes come: for large files that a manifest will list.
    public init(_ url: URL, replaces: Bool = false, isHashed: Bool = false) throws(SystemError) {
        self.url = url
        hash = isHashed ? SHA256() : nil
        self.replaces = replaces
        temporary = TemporaryName.beside(url)
        descriptor = -1
        if !replaces, try FileStatus.of(url.path, followingLinks: false) != nil {
            throw SystemError(EEXIST, writing: url.path, "cannot be created")
        }
        descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw SystemError(errno, writing: url.path, "cannot be created") }
    }

    deinit { abandon() }

    /// Appends `bytes`; on failure (a full disk, say) the temporary file is removed before the error is thrown.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        precondition(descriptor >= 0, "the file is closed")
        var done = 0
        while done < bytes.count {
            let count = Foundation.write(
                descriptor, bytes.baseAddress.unsafelyUnwrapped + done, min(bytes.count - done, 1 << 30))
            if count < 0 {
                if errno == EINTR { continue }
                throw failed(SystemError(errno, writing: url.path))
            }
            done += count
        }
        hash?.update(bytes)
        byteCount += bytes.count
    }

    public func write(_ bytes: [UInt8]) throws(SystemError) {
        let result: Result<Void, SystemError> = bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { return .success(try write(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Makes the bytes durable and puts the file in its place.
    public func commit() throws(SystemError) {
        let finished = try finish()
        let code = replaces ? (rename(finished.path, url.path) == 0 ? 0 : errno) : Renaming.intoFreePlace(finished, url)
        guard code == 0 else {
            unlink(finished.path)
            throw SystemError(code, writing: url.path, "cannot be put in place")
        }
        do throws(SystemError) { try Folder.makeDurable(url.deletingLastPathComponent()) } catch {
            // Where nothing stood before, nothing stands again: who writes once more finds the place free.
            if !replaces { unlink(url.path) }
            throw error
        }
    }

    /// Makes the bytes durable and hands the file over under its temporary name.
    public func finish() throws(SystemError) -> URL {
        precondition(descriptor >= 0, "the file is closed")
        guard fsync(descriptor) == 0 else { throw failed(SystemError(errno, writing: url.path, "cannot be flushed")) }
        if let hash = hash.take() { WrittenDigests.note(hash.digest().hexadecimal, descriptor) }
        let code = close(descriptor) == 0 ? 0 : errno
        descriptor = -1
        guard code == 0 else {
            unlink(temporary.path)
            throw SystemError(code, writing: url.path, "cannot be closed")
        }
        return temporary
    }

    /// Closes and removes the temporary file.
    public func abandon() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporary.path)
    }

    /// Writes a whole small file.
    public static func write(_ bytes: [UInt8], to url: URL, replaces: Bool = false) throws(SystemError) {
        let file = try AtomicFile(url, replaces: replaces)
        try file.write(bytes)
        try file.commit()
    }

    private func failed(_ error: SystemError) -> SystemError {
        abandon()
        return error
    }
}
