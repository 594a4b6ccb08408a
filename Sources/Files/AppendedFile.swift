// A file that only grows: logs.

public import Foundation
public import Vocabulary

/// A file to which bytes are appended, each piece in one call.
public final class AppendedFile {
    public let url: URL
    private let descriptor: Int32

    /// Opens the file `url`, made where it is missing, to go on behind what it holds.
    public init(_ url: URL) throws(SystemError) {
        self.url = url
        descriptor = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw SystemError(errno, writing: url.path, "cannot be opened") }
    }

    deinit { close(descriptor) }

    /// Appends `bytes`.
    public func append(_ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError(count < 0 ? errno : EIO, writing: url.path) }
            done += count
        }
    }
}
