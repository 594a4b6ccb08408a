// Encodings by differences: whole numbers, lengths of texts, texts that share their beginnings.

/// Whole numbers as packed differences, in blocks (DELTA_BINARY_PACKED).
struct DeltaDecoder {
    private var source: PageBytes
    private let valuesPerMiniblock: Int
    private let miniblockCount: Int
    /// How many values the page holds by its own word.
    let count: Int
    private var given = 0
    private var value: Int64
    private var minimumDelta: Int64 = 0
    private var widths: [Int] = []
    private var miniblock = 0
    private var leftInMiniblock = 0
    private var bits: BitReader

    init(_ source: PageBytes) throws(ParquetError) {
        var source = source
        let blockSize = try source.variable()
        let miniblocks = try source.variable()
        let count = try source.variable()
        guard blockSize > 0, blockSize <= 1 << 20, miniblocks > 0, miniblocks <= 4096, blockSize % miniblocks == 0,
            blockSize / miniblocks % 8 == 0, count <= UInt64(Int32.max)
        else { throw ParquetError(.broken, "blocks of differences of an impossible size") }
        valuesPerMiniblock = Int(blockSize / miniblocks)
        miniblockCount = Int(miniblocks)
        self.count = Int(count)
        value = try source.signedVariable()
        bits = BitReader(source)
        self.source = source
        miniblock = miniblockCount
    }

    mutating func next() throws(ParquetError) -> Int64 {
        guard given < count else { throw PageBytes.cut }
        defer { given += 1 }
        if given == 0 { return value }
        if leftInMiniblock == 0 { try nextMiniblock() }
        leftInMiniblock -= 1
        let delta = Int64(bitPattern: try bits.next(widths[miniblock])) &+ minimumDelta
        value = value &+ delta
        return value
    }

    private mutating func nextMiniblock() throws(ParquetError) {
        miniblock += 1
        if miniblock >= miniblockCount {
            minimumDelta = try source.signedVariable()
            widths.removeAll(keepingCapacity: true)
            for _ in 0..<miniblockCount { widths.append(Int(try source.byte())) }
            miniblock = 0
        }
        let width = widths[miniblock]
        guard width <= 64 else { throw ParquetError(.broken, "numbers of \(width) bits in a page") }
        let byteCount = width * valuesPerMiniblock / 8
        // Some writers leave out the padding of the last miniblock.
        let available = min(byteCount, source.remaining)
        let start = try source.take(available)
        bits = BitReader(PageBytes(source.bytes, start..<(start + available)))
        leftInMiniblock = valuesPerMiniblock
    }

    /// All values, and what stands after them.
    ///
    /// - Parameter limit: no page has more values than its header names.
    mutating func all(limit: Int) throws(ParquetError) -> (values: [Int64], rest: PageBytes) {
        guard count <= limit else { throw ParquetError(.broken, "a page with more values than its header names") }
        var values: [Int64] = []
        for _ in 0..<count { values.append(try next()) }
        return (values, source)
    }
}

/// Texts after all their lengths (DELTA_LENGTH_BYTE_ARRAY).
struct DeltaLengthDecoder {
    private let lengths: [Int64]
    private var source: PageBytes
    private var index = 0

    init(_ source: PageBytes, limit: Int) throws(ParquetError) {
        var decoder = try DeltaDecoder(source)
        (lengths, self.source) = try decoder.all(limit: limit)
    }

    /// The range of the next value in the page's bytes.
    mutating func next() throws(ParquetError) -> Range<Int> {
        guard index < lengths.count else { throw PageBytes.cut }
        let length = Int(lengths[index])
        index += 1
        let start = try source.take(length)
        return start..<(start + length)
    }
}

/// Texts that each begin as the one before (DELTA_BYTE_ARRAY).
struct DeltaTextDecoder {
    private let prefixes: [Int64]
    private var suffixes: DeltaLengthDecoder
    private let bytes: [UInt8]
    private var index = 0
    private var last: [UInt8] = []

    init(_ source: PageBytes, limit: Int) throws(ParquetError) {
        var decoder = try DeltaDecoder(source)
        let rest: PageBytes
        (prefixes, rest) = try decoder.all(limit: limit)
        bytes = source.bytes
        suffixes = try DeltaLengthDecoder(rest, limit: limit)
    }

    mutating func next() throws(ParquetError) -> [UInt8] {
        guard index < prefixes.count else { throw PageBytes.cut }
        let prefix = prefixes[index]
        index += 1
        guard prefix >= 0, prefix <= last.count else {
            throw ParquetError(.broken, "a text that shares more than there is with the one before")
        }
        let suffix = try suffixes.next()
        last.removeSubrange(Int(prefix)...)
        last.append(contentsOf: bytes[suffix])
        return last
    }
}
