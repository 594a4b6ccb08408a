// Gzip in, through zlib, a chunk at a time. The size written in a gzip file is not believed.

internal import CZlib

/// The bytes of all members of a gzip file.
final class GzipBytes: ByteStream {
    private let source: any ByteStream
    private let place: RowPlace
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private var isBetweenMembers = false
    private var isAtEnd = false

    init(_ source: any ByteStream, file: String) throws(DatasetError) {
        self.source = source
        place = RowPlace(file: file, line: 0)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        input = .allocate(byteCount: 1 << 18, alignment: 16)
        // 15: the largest window; +16: gzip only.
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw DatasetError(.unreadable, place, "zlib cannot start")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        let room = min(buffer.count, 1 << 30)
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        while !isAtEnd, Int(stream.pointee.avail_out) == room {
            if stream.pointee.avail_in == 0, try !refill() {
                guard isBetweenMembers else { throw DatasetError(.unreadable, place, "the gzip file is cut off") }
                isAtEnd = true
                break
            }
            if isBetweenMembers, try !beginMember() { break }
            switch inflate(stream, Z_NO_FLUSH) {
            case Z_OK, Z_BUF_ERROR: continue
            case Z_STREAM_END: isBetweenMembers = true
            default: throw DatasetError(.unreadable, place, "not a gzip file, or a damaged one")
            }
        }
        return room - Int(stream.pointee.avail_out)
    }

    private func refill() throws(DatasetError) -> Bool {
        let count = try source.read(into: input)
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(count)
        return count > 0
    }

    /// A further member follows, or the padding of zeros that the last one may have; false: the end.
    private func beginMember() throws(DatasetError) -> Bool {
        if stream.pointee.next_in[0] != 0 {
            inflateReset(stream)
            isBetweenMembers = false
            return true
        }
        repeat {
            while stream.pointee.avail_in > 0 {
                guard stream.pointee.next_in[0] == 0 else {
                    throw DatasetError(.unreadable, place, "not a gzip file, or a damaged one")
                }
                stream.pointee.next_in += 1
                stream.pointee.avail_in -= 1
            }
        } while try refill()
        isAtEnd = true
        return false
    }
}
