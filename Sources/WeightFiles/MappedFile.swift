// A file as memory, read-only. A file that somebody shortens while it is mapped is out of scope: the system ends the process.

public import Foundation
public import Tensors

/// The bytes of a file, mapped and never copied.
public final class MappedFile: Sendable {
    public let url: URL
    /// Stays valid for as long as anyone holds it, with or without the `MappedFile`.
    public let storage: Storage

    public var bytes: UnsafeRawBufferPointer { storage.bytes }
    public var path: String { url.path }

    public init(_ url: URL) throws(WeightError) {
        self.url = url
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw WeightError(file: url.path, "cannot be opened", found: systemErrorText()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw WeightError(file: url.path, "cannot be examined", found: systemErrorText())
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
            throw WeightError(file: url.path, "cannot be mapped", found: systemErrorText())
        }
        let bits = UInt(bitPattern: address)
        storage = Storage(bytes: UnsafeRawBufferPointer(start: address, count: count)) {
            _ = munmap(UnsafeMutableRawPointer(bitPattern: bits), count)
        }
    }
}

/// What `errno` says, in words.
func systemErrorText(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

extension FrozenTensor {
    /// Tells the system that the tensor's pages will not be needed soon, so that a pass over a big file keeps a small
    /// resident size. Only for tensors in mapped files: there the pages come back from the file.
    public func releaseMappedPages() {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = (UInt(bitPattern: base) + UInt(page) - 1) / UInt(page) * UInt(page)
        let end = (UInt(bitPattern: base) + UInt(bytes.count)) / UInt(page) * UInt(page)
        guard end > start, let address = UnsafeMutableRawPointer(bitPattern: start) else { return }
        // MADV_DONTNEED would lose the numbers of an anonymous allocation; MADV_PAGEOUT (21) writes nothing to a private
        // read-only mapping and merely drops its pages, and leaves other memory intact.
        _ = madvise(address, Int(end - start), 21)
    }
}
