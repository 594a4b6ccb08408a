// The SHA-256 of files.

internal import Digests
internal import Foundation
internal import Synchronization
public import Vocabulary

/// The SHA-256 of files.
public enum FileDigest {
    /// Whether the file at `path` begins as sealed files do. Nobody else's do.
    public static func isSealed(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var start = [UInt8](repeating: 0, count: 6)
        return read(descriptor, &start, start.count) == start.count && start == Array("LATHE ".utf8)
    }

    /// Of the file at `path`, or of its first bytes. One that this process wrote is not read again.
    public static func sha256(_ path: String, first limit: Int = .max) throws(SystemError) -> (
        digest: String, bytes: Int
    ) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, reading: path) }
        defer { close(descriptor) }
        if limit == .max, let known = WrittenDigests.known(descriptor) { return known }
        var hash = SHA256()
        var block = [UInt8](repeating: 0, count: 1 << 20)
        var done = 0
        while done < limit {
            let wanted = min(block.count, limit - done)
            let count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, wanted) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, reading: path) }
            if count == 0 { break }
            block.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            done += count
        }
        return (hash.digest().hexadecimal, done)
    }
}

/// Digests of files that were hashed as they were written: a model of many gigabytes is not read again to be listed.
enum WrittenDigests {
    /// A file as the system tells it apart from any other, and from itself with other bytes.
    private struct State: Hashable {
        let device: UInt64
        let number: UInt64
        let bytes: Int
        let seconds: Int
        let nanoseconds: Int

        init?(_ descriptor: Int32) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return nil }
            (device, number, bytes) = (UInt64(status.st_dev), UInt64(status.st_ino), Int(status.st_size))
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    private static let digests = Mutex<[State: String]>([:])

    /// Notes the digest of the file that is open at `descriptor`, and is written no more.
    static func note(_ digest: String, _ descriptor: Int32) {
        guard let state = State(descriptor) else { return }
        digests.withLock { $0[state] = digest }
    }

    /// What is known of the file that is open at `descriptor`.
    static func known(_ descriptor: Int32) -> (digest: String, bytes: Int)? {
        guard let state = State(descriptor) else { return nil }
        return digests.withLock { $0[state] }.map { ($0, state.bytes) }
    }
}
