// A file as memory, read-only. A file that somebody shortens while it is mapped is out of scope: the system ends the process.

public import Foundation
public import Tensors
internal import Vocabulary

/// The bytes of a file, mapped and never copied.
public final class MappedFile: Sendable {
    public let url: URL
    /// Stays valid for as long as anyone holds it, with or without the `MappedFile`.
    public let storage: Storage

    public var bytes: UnsafeRawBufferPointer { storage.bytes }
    public var path: String { url.path }

    public init(_ url: URL) throws(WeightError) {
        self.url = url
        // Without waiting: a pipe that nobody writes to would hold whoever opens it, a server among them.
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw WeightError(SystemError(errno, reading: url.path, "cannot be opened")) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw WeightError(SystemError(errno, reading: url.path, "cannot be examined"))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw WeightError(file: url.path, "is not a regular file")
        }
        let count = Int(status.st_size)
        guard count > 0 else {  // mmap refuses an empty range.
            storage = Storage(bytes: UnsafeRawBufferPointer(start: nil, count: 0)) {}
            return
        }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw WeightError(SystemError(errno, reading: url.path, "cannot be mapped"))
        }
        let bits = UInt(bitPattern: address)
        storage = Storage(
            bytes: UnsafeRawBufferPointer(start: address, count: count), drop: { Self.drop($0, of: bits) },
            release: { _ = munmap(UnsafeMutableRawPointer(bitPattern: bits), count) })
    }

    private static func drop(_ range: Range<Int>, of base: UInt) {
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let start = (base + UInt(range.lowerBound) + page - 1) / page * page
        let end = (base + UInt(range.upperBound)) / page * page
        guard end > start, let address = UnsafeMutableRawPointer(bitPattern: start) else { return }
        _ = madvise(address, Int(end - start), MADV_DONTNEED)
    }

    /// Lets the pages inside `range` leave memory; touched again, they come back from the file.
    func releasePages(_ range: Range<Int>) { storage.dropPages(range) }
}
