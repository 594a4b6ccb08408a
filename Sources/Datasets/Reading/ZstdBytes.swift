// Zstandard in, through libzstd, a chunk at a time.

internal import CZstd

/// The bytes of all frames of a zstd file.
final class ZstdBytes: ByteStream {
    private let source: any ByteStream
    private let place: RowPlace
    private let stream: OpaquePointer
    private let input: UnsafeMutableRawBufferPointer
    private var available = ZSTD_inBuffer()
    /// Nothing is left of a frame.
    private var isBetweenFrames = true

    init(_ source: any ByteStream, file: String) throws(DatasetError) {
        self.source = source
        place = RowPlace(file: file, line: 0)
        guard let stream = ZSTD_createDCtx() else { throw DatasetError(.unreadable, place, "zstd cannot start") }
        self.stream = stream
        input = .allocate(byteCount: 1 << 18, alignment: 16)
        // Files of `zstd --long=31` ask for 2 GiB of window: memory that a small file must not be able to claim.
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)
        available.src = UnsafeRawPointer(input.baseAddress)
    }

    deinit {
        ZSTD_freeDCtx(stream)
        input.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        var mayHoldMore = !isBetweenFrames
        while output.pos == 0 {
            if available.pos == available.size {
                let count = try source.read(into: input)
                available.size = count
                available.pos = 0
                if count == 0, !mayHoldMore || isBetweenFrames {
                    guard isBetweenFrames else { throw DatasetError(.unreadable, place, "the zstd file is cut off") }
                    return 0
                }
            }
            let before = available.pos
            let status = ZSTD_decompressStream(stream, &output, &available)
            guard ZSTD_isError(status) == 0 else {
                throw DatasetError(
                    .unreadable, place,
                    "not a zstd file, or a damaged one: \(String(cString: ZSTD_getErrorName(status)))")
            }
            isBetweenFrames = status == 0
            // Without input, one call more can flush what the library holds; a second one without effect is the end.
            mayHoldMore = available.pos > before || output.pos > 0
        }
        return output.pos
    }
}
