// Runs of equal values and bit-packed groups of eight: how levels and dictionary indices are written.

/// A page's bytes, checked before they are touched.
struct PageBytes {
    let bytes: [UInt8]
    var position: Int
    let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        precondition(range.upperBound <= bytes.count)
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var remaining: Int { end - position }

    static let cut = ParquetError(.broken, "a page ends before its values do")

    mutating func byte() throws(ParquetError) -> UInt8 {
        guard position < end else { throw Self.cut }
        defer { position += 1 }
        return bytes[position]
    }

    /// The position of the next `count` bytes, which are taken.
    mutating func take(_ count: Int) throws(ParquetError) -> Int {
        guard count >= 0, count <= remaining else { throw Self.cut }
        defer { position += count }
        return position
    }

    mutating func variable() throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            let byte = try self.byte()
            value |= shift < 64 ? UInt64(byte & 0x7F) << UInt64(shift) : 0
            if byte < 0x80 { return value }
        }
        throw ParquetError(.broken, "a number in a page has no end")
    }

    mutating func signedVariable() throws(ParquetError) -> Int64 {
        let value = try variable()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A little-endian number of `width` bytes.
    mutating func littleEndian(_ width: Int) throws(ParquetError) -> UInt64 {
        let start = try take(width)
        var value: UInt64 = 0
        for index in 0..<width { value |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return value
    }
}

/// Numbers of a fixed width in bits, least significant bit first.
struct BitReader {
    private var source: PageBytes
    private var buffer: UInt64 = 0
    private var bufferedBits = 0

    init(_ source: PageBytes) { self.source = source }

    /// - Parameter width: 64 at most.
    mutating func next(_ width: Int) throws(ParquetError) -> UInt64 {
        guard width <= 56 else {
            let low = try next(32)
            return low | (try next(width - 32)) << 32
        }
        while bufferedBits < width {
            buffer |= UInt64(try source.byte()) << UInt64(bufferedBits)
            bufferedBits += 8
        }
        let value = buffer & (UInt64(1) << UInt64(width) - 1)
        buffer >>= UInt64(width)
        bufferedBits -= width
        return value
    }
}

/// The hybrid of runs and bit-packed groups. Values are made as they are asked for, so that a run costs no memory.
struct HybridDecoder {
    private var source: PageBytes
    private let width: Int
    private var runLength = 0
    private var runValue: UInt32 = 0
    private var packedLength = 0
    private var packed: BitReader

    init(_ source: PageBytes, width: Int) throws(ParquetError) {
        guard width <= 32 else { throw ParquetError(.broken, "numbers of \(width) bits in a page") }
        self.source = source
        self.width = width
        packed = BitReader(source)
    }

    mutating func next() throws(ParquetError) -> UInt32 {
        while true {
            if runLength > 0 {
                runLength -= 1
                return runValue
            }
            if packedLength > 0 {
                packedLength -= 1
                return UInt32(truncatingIfNeeded: try packed.next(width))
            }
            let header = try source.variable()
            if header & 1 == 0 {
                runLength = Int(clamping: header >> 1)
                runValue = UInt32(truncatingIfNeeded: try source.littleEndian((width + 7) / 8))
            } else {
                let groups = Int(clamping: header >> 1)
                let (byteCount, overflow) = groups.multipliedReportingOverflow(by: width)
                guard !overflow else { throw PageBytes.cut }
                // Some writers leave out the padding of the last group.
                let available = min(byteCount, source.remaining)
                let start = try source.take(available)
                packed = BitReader(PageBytes(source.bytes, start..<(start + available)))
                packedLength = groups.multipliedReportingOverflow(by: 8).overflow ? Int.max : groups * 8
            }
        }
    }
}

/// Levels of the first versions of the format: bit-packed, most significant bit first.
struct BigEndianBits {
    private var source: PageBytes
    private let width: Int
    private var buffer: UInt64 = 0
    private var bufferedBits = 0

    init(_ source: PageBytes, width: Int) {
        self.source = source
        self.width = width
    }

    mutating func next() throws(ParquetError) -> UInt32 {
        while bufferedBits < width {
            buffer = buffer << 8 | UInt64(try source.byte())
            bufferedBits += 8
        }
        bufferedBits -= width
        return UInt32(truncatingIfNeeded: buffer >> UInt64(bufferedBits) & (UInt64(1) << UInt64(width) - 1))
    }
}
