// Gzip in, through zlib. The size written in a gzip file is not believed: output grows as it comes, up to a bound.

internal import CZlib

enum GzipReader {
    enum Failure: Error {
        case broken
        case truncated
        case tooLarge
    }

    /// The bytes of all members of a gzip file.
    static func inflate(_ bytes: [UInt8], maximumByteCount: Int) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        var stream = z_stream()
        // 15: the largest window; +16: gzip only.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .broken
        }
        defer { inflateEnd(&stream) }
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        var position = 0
        var status = Z_OK
        while position < bytes.count {
            let (consumed, produced) = step(&stream, bytes, from: position, &chunk, &status)
            position += consumed
            output.append(contentsOf: chunk[..<produced])
            guard output.count <= maximumByteCount else { throw .tooLarge }
            switch status {
            case Z_STREAM_END:
                // Padding of zeros may follow the last member; anything else is a further member.
                if bytes[position...].allSatisfy({ $0 == 0 }) { return output }
                inflateReset(&stream)
            case Z_OK where consumed + produced > 0: continue
            case Z_BUF_ERROR where consumed + produced > 0: continue
            case Z_BUF_ERROR: throw .truncated
            default: throw .broken
            }
        }
        // All input is taken: what is left is output that did not fit the chunk.
        while status != Z_STREAM_END {
            let (_, produced) = step(&stream, bytes, from: position, &chunk, &status)
            output.append(contentsOf: chunk[..<produced])
            guard output.count <= maximumByteCount else { throw .tooLarge }
            guard status == Z_STREAM_END || produced > 0 else { throw .truncated }
        }
        return output
    }

    private static func step(
        _ stream: inout z_stream, _ bytes: [UInt8], from position: Int, _ chunk: inout [UInt8], _ status: inout Int32
    ) -> (consumed: Int, produced: Int) {
        let offered = min(bytes.count - position, 1 << 20)
        let room = chunk.count
        return bytes.withUnsafeBufferPointer { input in
            chunk.withUnsafeMutableBufferPointer { output in
                // zlib's `next_in` is not const in C, but is only read.
                stream.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + position) }
                stream.avail_in = UInt32(offered)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(room)
                status = CZlib.inflate(&stream, Z_NO_FLUSH)
                return (offered - Int(stream.avail_in), room - Int(stream.avail_out))
            }
        }
    }
}
