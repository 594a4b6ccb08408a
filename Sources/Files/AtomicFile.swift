// A file that appears whole or not at all: written under a temporary name beside its place, flushed, then renamed.

public import Foundation
public import Vocabulary
internal import Synchronization

/// A file being written. Until `commit` its place is untouched; without `commit` the temporary file is removed.
public final class AtomicFile {
    public let url: URL
    public private(set) var byteCount = 0
    private let temporary: URL
    private var descriptor: Int32

    private static let counter = Mutex(0)

    public init(_ url: URL) throws(SystemError) {
        let number = AtomicFile.counter.withLock { counter in
            counter += 1
            return counter
        }
        self.url = url
        temporary = url.deletingLastPathComponent()
            .appendingPathComponent(".\(url.lastPathComponent).\(getpid())-\(number).partial")
        descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw SystemError(errno, writing: url.path, "cannot be created")
        }
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
        precondition(descriptor >= 0, "the file is closed")
        guard fsync(descriptor) == 0 else { throw failed(SystemError(errno, writing: url.path, "cannot be flushed")) }
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0, rename(temporary.path, url.path) == 0 else {
            let failure = SystemError(errno, writing: url.path, "cannot be put in place")
            unlink(temporary.path)
            throw failure
        }
        flushDirectory(url.deletingLastPathComponent())
    }

    /// Closes and removes the temporary file.
    public func abandon() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporary.path)
    }

    /// Writes a whole small file.
    public static func write(_ bytes: [UInt8], to url: URL) throws(SystemError) {
        let file = try AtomicFile(url)
        try file.write(bytes)
        try file.commit()
    }

    private func failed(_ error: SystemError) -> SystemError {
        abandon()
        return error
    }
}

/// Makes a rename in `folder` durable. File systems that cannot do it are left as they are.
func flushDirectory(_ folder: URL) {
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
}
