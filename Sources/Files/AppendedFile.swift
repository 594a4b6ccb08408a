// A file that only grows: logs.

public import Foundation
public import Vocabulary

/// A file to which records are appended: each is there whole or not at all, unless the process is killed in the midst of it.
public final class AppendedFile {
    public let url: URL
    private let descriptor: Int32
    /// The end of the last whole record.
    private var byteCount: Int
    private var isTorn = false

    /// Opens the file `url`, made where it is missing, to go on after what it holds.
    public init(_ url: URL) throws(SystemError) {
        self.url = url
        descriptor = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw SystemError(errno, writing: url.path, "cannot be opened") }
        byteCount = Int(lseek(descriptor, 0, SEEK_END))
        if byteCount < 0 { throw SystemError(errno, writing: url.path) }
    }

    deinit { close(descriptor) }

    /// Appends `bytes`; where that fails, what had arrived of them is taken back, now or before the next record.
    public func append(_ bytes: [UInt8]) throws(SystemError) {
        if isTorn {
            guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw SystemError(errno, writing: url.path) }
            isTorn = false
        }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = SystemError(count < 0 ? errno : ENOSPC, writing: url.path)
                isTorn = done > 0 && ftruncate(descriptor, off_t(byteCount)) != 0
                throw error
            }
            done += count
        }
        byteCount += bytes.count
    }
}
