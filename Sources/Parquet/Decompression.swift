// Pages unpacked. The size that a page header names is what comes out, or the page is broken.

internal import CZlib
internal import CZstd
internal import Glibc

enum Decompression {
    /// A page never takes more memory than this.
    static let maximumPageBytes = 512 << 20

    static func unpack(_ bytes: ArraySlice<UInt8>, codec: Int, byteCount: Int) throws(ParquetError) -> [UInt8] {
        guard byteCount <= maximumPageBytes else {
            throw ParquetError(.tooLarge, "a page of \(byteCount >> 20) MiB, more than \(maximumPageBytes >> 20)")
        }
        var failure: ParquetError?
        let output = [UInt8](unsafeUninitializedCapacity: byteCount) { room, count in
            bytes.withUnsafeBytes { input in
                do throws(ParquetError) {
                    count = try unpack(
                        input, codec: codec, into: UnsafeMutableRawBufferPointer(room), byteCount: byteCount)
                } catch { failure = error }
            }
        }
        if let failure { throw failure }
        guard output.count == byteCount else {
            throw ParquetError(.broken, "a page unpacks to \(output.count) bytes where its header names \(byteCount)")
        }
        return output
    }

    private static func unpack(
        _ input: UnsafeRawBufferPointer, codec: Int, into output: UnsafeMutableRawBufferPointer, byteCount: Int
    ) throws(ParquetError) -> Int {
        let room = UnsafeMutableRawBufferPointer(rebasing: output[..<byteCount])
        switch codec {
        case 0:
            guard input.count == byteCount else { throw broken("stored") }
            room.copyMemory(from: input)
            return byteCount
        case 1: return try Snappy.unpack(input, into: room)
        case 2: return try inflate(input, into: room)
        case 4: return try brotli(input, into: room)
        case 5: return try hadoopBlocks(input, into: room)
        case 6:
            let count = ZSTD_decompress(room.baseAddress, room.count, input.baseAddress, input.count)
            guard ZSTD_isError(count) == 0 else { throw broken("zstd") }
            return count
        case 7: return try LZ4Block.unpack(input, into: room)
        case 3: throw ParquetError(.unsupported, "pages packed by LZO")
        default: throw ParquetError(.unsupported, "pages packed in an unknown way (\(codec))")
        }
    }

    /// Gzip, and the bare zlib streams that some writers call so.
    private static func inflate(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ParquetError) -> Int {
        var stream = z_stream()
        // 15: the largest window; +32: gzip or zlib, by the first bytes.
        guard inflateInit2_(&stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw broken("gzip")
        }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(clamping: input.count)
        // A stream of nothing still needs room for zlib to look at.
        var spare: UInt8 = 0
        let status = withUnsafeMutablePointer(to: &spare) { spare in
            stream.next_out = output.isEmpty ? spare : output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(clamping: output.count)
            return CZlib.inflate(&stream, Z_FINISH)
        }
        guard status == Z_STREAM_END else { throw broken("gzip") }
        return Int(stream.total_out)
    }

    /// Brotli through its library where the machine has it: pages packed so are rare, so nobody needs it to build.
    private static func brotli(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ParquetError) -> Int {
        typealias Decompress =
            @convention(c) (
                Int, UnsafeRawPointer?, UnsafeMutablePointer<Int>, UnsafeMutableRawPointer?
            ) -> Int32
        guard let library = dlopen("libbrotlidec.so.1", RTLD_NOW | RTLD_LOCAL),
            let symbol = dlsym(library, "BrotliDecoderDecompress")
        else { throw ParquetError(.unsupported, "pages packed by Brotli, for which libbrotli1 must be installed") }
        let decompress = unsafeBitCast(symbol, to: Decompress.self)
        var count = output.count
        guard decompress(input.count, input.baseAddress, &count, output.baseAddress) == 1 else {
            throw broken("Brotli")
        }
        return count
    }

    /// LZ4 as Hadoop frames it: blocks after their two sizes, big-endian. Some writers put a bare block there.
    private static func hadoopBlocks(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ParquetError) -> Int {
        var position = 0
        var written = 0
        func size(at offset: Int) -> Int {
            (0..<4).reduce(0) { $0 << 8 | Int(input[offset + $1]) }
        }
        while position + 8 <= input.count {
            let (whole, packed) = (size(at: position), size(at: position + 4))
            guard packed <= input.count - position - 8, whole <= output.count - written else { break }
            let block = UnsafeRawBufferPointer(rebasing: input[(position + 8)..<(position + 8 + packed)])
            let room = UnsafeMutableRawBufferPointer(rebasing: output[written..<(written + whole)])
            guard let count = try? LZ4Block.unpack(block, into: room), count == whole else { break }
            position += 8 + packed
            written += whole
        }
        if position == input.count, written == output.count { return written }
        return try LZ4Block.unpack(input, into: output)
    }

    static func broken(_ codec: String) -> ParquetError { ParquetError(.broken, "a page that \(codec) cannot unpack") }
}

/// Snappy's block format.
enum Snappy {
    static func unpack(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ParquetError) -> Int {
        var position = 0
        var length = 0
        // The size of what comes out, 7 bits a byte.
        for shift in stride(from: 0, through: 28, by: 7) {
            guard position < input.count else { throw Decompression.broken("Snappy") }
            let byte = input[position]
            position += 1
            length |= Int(byte & 0x7F) << shift
            if byte < 0x80 { break }
        }
        guard length == output.count else { throw Decompression.broken("Snappy") }
        var written = 0
        while position < input.count {
            let tag = Int(input[position])
            position += 1
            if tag & 3 == 0 {
                var count = tag >> 2
                if count >= 60 {
                    let width = count - 59
                    guard width <= input.count - position else { throw Decompression.broken("Snappy") }
                    count = (0..<width).reduce(0) { $0 | Int(input[position + $1]) << (8 * $1) }
                    position += width
                }
                count += 1
                guard count <= input.count - position, count <= output.count - written else {
                    throw Decompression.broken("Snappy")
                }
                BlockCopy.literal(input, position, output, written, count)
                position += count
                written += count
                continue
            }
            let (count, width) =
                switch tag & 3 {
                case 1: ((tag >> 2) & 7 + 4, 1)
                case 2: (tag >> 2 + 1, 2)
                default: (tag >> 2 + 1, 4)
                }
            guard width <= input.count - position else { throw Decompression.broken("Snappy") }
            var offset = (0..<width).reduce(0) { $0 | Int(input[position + $1]) << (8 * $1) }
            if width == 1 { offset |= (tag >> 5) << 8 }
            position += width
            guard offset > 0, offset <= written, count <= output.count - written else {
                throw Decompression.broken("Snappy")
            }
            BlockCopy.match(output, written, offset, count)
            written += count
        }
        return written
    }
}

/// LZ4's block format.
enum LZ4Block {
    static func unpack(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ParquetError) -> Int {
        var position = 0
        var written = 0
        func length(_ nibble: Int) throws(ParquetError) -> Int {
            var length = nibble
            guard nibble == 15 else { return length }
            while true {
                guard position < input.count else { throw Decompression.broken("LZ4") }
                let byte = Int(input[position])
                position += 1
                length += byte
                if byte < 255 { return length }
            }
        }
        while position < input.count {
            let token = Int(input[position])
            position += 1
            let literals = try length(token >> 4)
            guard literals <= input.count - position, literals <= output.count - written else {
                throw Decompression.broken("LZ4")
            }
            BlockCopy.literal(input, position, output, written, literals)
            position += literals
            written += literals
            // The last sequence has no match.
            if position == input.count { break }
            guard position + 2 <= input.count else { throw Decompression.broken("LZ4") }
            let offset = Int(input[position]) | Int(input[position + 1]) << 8
            position += 2
            let count = try length(token & 15) + 4
            guard offset > 0, offset <= written, count <= output.count - written else {
                throw Decompression.broken("LZ4")
            }
            BlockCopy.match(output, written, offset, count)
            written += count
        }
        return written
    }
}

/// The two moves that block formats are made of. Bounds are the caller's.
private enum BlockCopy {
    static func literal(
        _ input: UnsafeRawBufferPointer, _ from: Int, _ output: UnsafeMutableRawBufferPointer, _ to: Int, _ count: Int
    ) {
        guard count > 0, let source = input.baseAddress, let target = output.baseAddress else { return }
        memcpy(target + to, source + from, count)
    }

    /// Copies what was written `offset` bytes before; the two may overlap, and then repeat.
    static func match(_ output: UnsafeMutableRawBufferPointer, _ to: Int, _ offset: Int, _ count: Int) {
        guard let target = output.baseAddress else { return }
        if offset >= count {
            memcpy(target + to, target + (to - offset), count)
        } else {
            for index in to..<(to + count) { output[index] = output[index - offset] }
        }
    }
}
