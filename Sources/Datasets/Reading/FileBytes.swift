// A file's bytes, a chunk at a time, hashed as they pass.

internal import Digests
internal import Foundation
internal import Vocabulary

/// Bytes that come in pieces.
protocol ByteStream: AnyObject {
    /// Puts the next bytes at the beginning of `buffer`; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int
}

/// A file read from beginning to end.
final class FileBytes: ByteStream {
    let path: String
    private let descriptor: Int32
    private var hash: SHA256? = SHA256()
    private(set) var byteCount = 0
    /// SHA-256 of the file; empty before its end is reached.
    private(set) var digest = ""

    init(path: String) throws(DatasetError) {
        self.path = path
        let place = RowPlace(file: path, line: 0)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let error = SystemError(errno, reading: path, "the file cannot be read")
            if error.kind == .missingInput { throw DatasetError(.absent, place, "there is no such file") }
            throw DatasetError(error)
        }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            close(descriptor)
            throw DatasetError(.unreadable, place, "this is a folder, not a file")
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        while true {
            let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 {
                hash?.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
                byteCount += count
                return count
            }
            if count == 0 {
                if let hash = hash.take() { digest = hash.digest().hexadecimal }
                return 0
            }
            guard errno == EINTR else {
                throw DatasetError(SystemError(errno, reading: path, "the file cannot be read"))
            }
        }
    }
}

/// Bytes before a stream that were read from it already.
final class PrefixedBytes: ByteStream {
    private var prefix: [UInt8]
    private let rest: any ByteStream

    init(_ prefix: [UInt8], _ rest: any ByteStream) {
        self.prefix = prefix
        self.rest = rest
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        guard !prefix.isEmpty else { return try rest.read(into: buffer) }
        let count = min(prefix.count, buffer.count)
        buffer.copyBytes(from: prefix[..<count])
        prefix.removeFirst(count)
        return count
    }
}

extension ByteStream {
    /// The first `count` bytes, fewer where there are no more.
    func readFirst(_ count: Int) throws(DatasetError) -> [UInt8] {
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        while bytes.count < count {
            let got = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count - bytes.count)]))
            if got == 0 { break }
            bytes.append(contentsOf: buffer[..<got])
        }
        return bytes
    }
}
