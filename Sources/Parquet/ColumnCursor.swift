// One column of one row group, a page at a time.

internal import CZlib
internal import JSON

/// Goes through a column's entries: values with the levels that say where they stand.
final class ColumnCursor {
    /// One entry of a column.
    struct Entry {
        /// 0 begins a row.
        var repetition: Int
        var definition: Int
        /// `nil` where something on the way down is null or empty.
        var value: JSONValue?
    }

    private enum Levels {
        case none
        case hybrid(HybridDecoder)
        case bits(BigEndianBits)

        mutating func next(maximum: Int) throws(ParquetError) -> Int {
            var level = 0
            switch self {
            case .none: return 0
            case .hybrid(var decoder):
                level = Int(try decoder.next())
                self = .hybrid(decoder)
            case .bits(var decoder):
                level = Int(try decoder.next())
                self = .bits(decoder)
            }
            guard level <= maximum else {
                throw ParquetError(.broken, "a level of \(level) where \(maximum) is the highest")
            }
            return level
        }
    }

    let leaf: LeafColumn
    private let file: ParquetBytes
    private let chunk: ColumnChunk
    private var position: Int
    private let end: Int
    private var remainingValues: Int
    private var remainingInPage = 0
    private var dictionary: [JSONValue]?
    private var repetitions = Levels.none
    private var definitions = Levels.none
    private var values: ValueDecoder?
    /// The entry at hand; `nil` after the last one.
    private(set) var current: Entry?

    init(_ leaf: LeafColumn, _ chunk: ColumnChunk, file: ParquetBytes) throws(ParquetError) {
        self.leaf = leaf
        self.chunk = chunk
        self.file = file
        position = chunk.start
        let (end, overflow) = chunk.start.addingReportingOverflow(chunk.compressedByteCount)
        guard chunk.start >= 4, !overflow, end <= file.byteCount else {
            throw ParquetError(
                .broken, "a column that lies outside of the file", column: leaf.path.joined(separator: "."))
        }
        self.end = end
        remainingValues = chunk.valueCount
        guard chunk.type == leaf.type.rawValue else {
            throw ParquetError(
                .broken, "a column of another type than the schema's", column: leaf.path.joined(separator: "."))
        }
        try advance()
    }

    /// Goes to the next entry.
    func advance() throws(ParquetError) {
        let start = position
        do throws(ParquetError) {
            while remainingInPage == 0 {
                guard remainingValues > 0 else { return current = nil }
                try readPage()
            }
            remainingInPage -= 1
            let repetition = try repetitions.next(maximum: leaf.maximumRepetitionLevel)
            let definition = try definitions.next(maximum: leaf.maximumDefinitionLevel)
            let value = definition == leaf.maximumDefinitionLevel ? try values?.next() : nil
            current = Entry(repetition: repetition, definition: definition, value: value)
        } catch {
            throw error.located(column: leaf.path.joined(separator: "."), byteOffset: start)
        }
    }

    // MARK: Pages

    private func readPage() throws(ParquetError) {
        guard position < end else { throw ParquetError(.broken, "a column ends before its values do") }
        let (header, headerByteCount) = try file.pageHeader(at: position, end: end)
        position += headerByteCount
        guard header.compressedByteCount <= end - position else {
            throw ParquetError(.broken, "a page that goes beyond its column")
        }
        guard header.compressedByteCount <= Decompression.maximumPageBytes else {
            throw ParquetError(.tooLarge, "a page of \(header.compressedByteCount >> 20) MiB")
        }
        let packed = try file.bytes(at: position, count: header.compressedByteCount)
        position += header.compressedByteCount
        if let checksum = header.checksum {
            let found = packed.withUnsafeBufferPointer {
                crc32(0, $0.baseAddress, UInt32(clamping: $0.count))
            }
            guard packed.isEmpty || UInt32(truncatingIfNeeded: found) == checksum else {
                throw ParquetError(.broken, "a page whose checksum does not agree")
            }
        }
        switch header.kind {
        case .index: return
        case .dictionary: try readDictionary(header, packed)
        case .data: try readData(header, packed)
        case .dataV2: try readDataV2(header, packed)
        }
    }

    private func readDictionary(_ header: PageHeader, _ packed: [UInt8]) throws(ParquetError) {
        guard dictionary == nil else { throw ParquetError(.broken, "two dictionaries in one column") }
        guard header.encoding == 0 || header.encoding == 2 else {
            throw ParquetError(.unsupported, "a dictionary in an unknown encoding (\(header.encoding))")
        }
        let bytes = try Decompression.unpack(
            packed[...], codec: chunk.codec, byteCount: header.uncompressedByteCount)
        let page = PageBytes(bytes, 0..<bytes.count)
        var decoder = try ValueDecoder(
            page, encoding: 0, converter: leaf.converter, dictionary: nil, limit: header.valueCount)
        var values: [JSONValue] = []
        // Values of no bytes cannot be many in a real dictionary: their number is bounded by the bytes there are.
        guard header.valueCount <= max(1, bytes.count) * 8 else {
            throw ParquetError(.broken, "a dictionary of \(header.valueCount) values in \(bytes.count) bytes")
        }
        for _ in 0..<header.valueCount { values.append(try decoder.next()) }
        dictionary = values
    }

    private func readData(_ header: PageHeader, _ packed: [UInt8]) throws(ParquetError) {
        try beginPage(header)
        let bytes = try Decompression.unpack(
            packed[...], codec: chunk.codec, byteCount: header.uncompressedByteCount)
        var page = PageBytes(bytes, 0..<bytes.count)
        repetitions = try levels(
            &page, header.repetitionEncoding, maximum: leaf.maximumRepetitionLevel, count: header.valueCount)
        definitions = try levels(
            &page, header.definitionEncoding, maximum: leaf.maximumDefinitionLevel, count: header.valueCount)
        values = try ValueDecoder(
            page, encoding: header.encoding, converter: leaf.converter, dictionary: dictionary, limit: header.valueCount
        )
    }

    private func readDataV2(_ header: PageHeader, _ packed: [UInt8]) throws(ParquetError) {
        try beginPage(header)
        let levelByteCount = header.repetitionByteCount + header.definitionByteCount
        guard levelByteCount <= packed.count, levelByteCount <= header.uncompressedByteCount else {
            throw ParquetError(.broken, "levels that are larger than their page")
        }
        func levels(_ range: Range<Int>, _ maximum: Int) throws(ParquetError) -> Levels {
            maximum == 0
                ? .none : .hybrid(try HybridDecoder(PageBytes(packed, range), width: Self.bitWidth(of: maximum)))
        }
        repetitions = try levels(0..<header.repetitionByteCount, leaf.maximumRepetitionLevel)
        definitions = try levels(header.repetitionByteCount..<levelByteCount, leaf.maximumDefinitionLevel)
        let byteCount = header.uncompressedByteCount - levelByteCount
        // Where nothing is left but nulls, some writers pack nothing at all.
        let bytes =
            byteCount == 0
            ? []
            : try Decompression.unpack(
                packed[levelByteCount...], codec: header.isCompressed ? chunk.codec : 0, byteCount: byteCount)
        values = try ValueDecoder(
            PageBytes(bytes, 0..<bytes.count), encoding: header.encoding, converter: leaf.converter,
            dictionary: dictionary, limit: header.valueCount)
    }

    private func beginPage(_ header: PageHeader) throws(ParquetError) {
        guard header.valueCount <= remainingValues else {
            throw ParquetError(.broken, "a page with more values than its column has left")
        }
        remainingValues -= header.valueCount
        remainingInPage = header.valueCount
    }

    private func levels(
        _ page: inout PageBytes, _ encoding: Int, maximum: Int, count: Int
    ) throws(ParquetError) -> Levels {
        guard maximum > 0 else { return .none }
        let width = Self.bitWidth(of: maximum)
        switch encoding {
        case 3:
            let length = Int(try page.littleEndian(4))
            let start = try page.take(length)
            return .hybrid(try HybridDecoder(PageBytes(page.bytes, start..<(start + length)), width: width))
        case 4:
            let (bits, overflow) = count.multipliedReportingOverflow(by: width)
            guard !overflow else { throw PageBytes.cut }
            let start = try page.take(bits / 8 + (bits % 8 > 0 ? 1 : 0))
            return .bits(BigEndianBits(PageBytes(page.bytes, start..<page.position), width: width))
        default: throw ParquetError(.unsupported, "levels in an unknown encoding (\(encoding))")
        }
    }

    private static func bitWidth(of maximum: Int) -> Int { Int.bitWidth - maximum.leadingZeroBitCount }
}
