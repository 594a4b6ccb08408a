// Memory by whole pages, which come with their first use and go with the last.

internal import Foundation

/// Memory of its own that the system backs as it is used, zeros at first, and takes back as soon as it is freed: for
/// large things that come and go in any order, of which an allocator would keep what does not fit the next.
public final class PageMemory {
    /// On a page's beginning; at least one byte.
    public let bytes: UnsafeMutableRawBufferPointer

    /// - Precondition: the system has so many addresses to give.
    public init(byteCount: Int) {
        let count = max(byteCount, 1)
        let address = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else {
            preconditionFailure("the system has no \(count) bytes to give")
        }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: count)
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }
}
