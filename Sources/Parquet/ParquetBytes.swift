// A Parquet file's bytes: pieces of it, read where they are needed.

internal import Glibc
internal import Vocabulary

/// A file that is read by pieces, in any order.
final class ParquetBytes {
    let byteCount: Int
    private let path: String
    private let descriptor: Int32

    init(path: String) throws(ParquetError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ParquetError(SystemError(errno, reading: path)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ParquetError(.unsupported, "not a file that can be read in any order")
        }
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// `count` bytes from `offset` on, all of them.
    func bytes(at offset: Int, count: Int) throws(ParquetError) -> [UInt8] {
        guard offset >= 0, count >= 0, count <= byteCount - offset else {
            throw ParquetError(.broken, "bytes that lie outside of the file", byteOffset: offset)
        }
        var problem: Int32 = 0
        let descriptor = self.descriptor
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                if got > 0 {
                    filled += got
                } else if got == 0 || errno != EINTR {
                    problem = got == 0 ? -1 : errno
                    return
                }
            }
        }
        guard problem == 0 else {
            guard problem > 0 else {
                throw ParquetError(.broken, "the file was cut while it was read", byteOffset: offset)
            }
            throw ParquetError(SystemError(problem, reading: path), byteOffset: offset)
        }
        return bytes
    }

    /// The page header at `offset` and its length. Headers hold statistics, so that their size is not known before.
    func pageHeader(at offset: Int, end: Int) throws(ParquetError) -> (PageHeader, byteCount: Int) {
        var size = min(1 << 10, end - offset)
        while true {
            var reader = CompactReader(try bytes(at: offset, count: size))
            do throws(ParquetError) {
                return (try PageHeader(&reader), reader.position)
            } catch {
                // Cut off, or a length beyond what was read: try with more.
                guard size < end - offset, size < 16 << 20 else { throw error }
                size = min(size * 8, end - offset)
            }
        }
    }
}
