// A small file, read in one go.

public import Foundation
public import Vocabulary

/// Files that are read whole.
public enum WholeFile {
    /// The bytes of the file at `path`.
    public static func bytes(_ path: String) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, reading: path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError(errno, reading: path) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw SystemError(EISDIR, reading: path) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size))
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, reading: path) }
            if count == 0 { return bytes }
            bytes += block[..<count]
        }
    }

    /// The first `count` bytes of the file at `path`; fewer where it is shorter.
    public static func beginning(of path: String, count: Int) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, reading: path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = bytes.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress.unsafelyUnwrapped + done, count - done)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw SystemError(errno, reading: path) }
            if read == 0 { break }
            done += read
        }
        return Array(bytes[..<done])
    }

    /// The bytes of the file at `url`; `nil` where there is none. A pipe, for whose writer it would have to wait, is no file.
    public static func bytes(ifThere url: URL) throws(SystemError) -> [UInt8]? {
        var status = stat()
        guard stat(url.path, &status) == 0 else {
            guard errno == ENOENT else { throw SystemError(errno, reading: url.path) }
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError(EINVAL, reading: url.path, "is no file")
        }
        do throws(SystemError) { return try bytes(url.path) } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }
}
