// The values of one page, one after the other, whatever their encoding.

internal import JSON

/// Decodes a page's values as they are asked for.
struct ValueDecoder {
    private enum Source {
        case plain(PageBytes, bit: Int)
        case dictionary(HybridDecoder, [JSONValue])
        case runs(HybridDecoder)
        case deltas(DeltaDecoder)
        case lengths(DeltaLengthDecoder, [UInt8])
        case texts(DeltaTextDecoder)
        case split(PageBytes, width: Int, count: Int, index: Int)
    }

    private var source: Source
    private let converter: LeafConverter

    /// - Parameters:
    ///   - encoding: as the page header names it.
    ///   - dictionary: the chunk's dictionary, if it has one.
    ///   - limit: how many values the page has at most.
    init(
        _ page: PageBytes, encoding: Int, converter: LeafConverter, dictionary: [JSONValue]?, limit: Int
    ) throws(ParquetError) {
        self.converter = converter
        let type = converter.type
        switch encoding {
        case 0: source = .plain(page, bit: 0)
        case 2, 8:
            guard let dictionary else { throw ParquetError(.broken, "a page of indices without a dictionary") }
            var page = page
            // A page of nulls may have no bytes at all.
            let width = page.remaining > 0 ? Int(try page.byte()) : 0
            source = .dictionary(try HybridDecoder(page, width: width), dictionary)
        case 3 where type == .boolean:
            var page = page
            let length = page.remaining > 0 ? Int(try page.littleEndian(4)) : 0
            let start = try page.take(length)
            source = .runs(try HybridDecoder(PageBytes(page.bytes, start..<(start + length)), width: 1))
        case 5 where (type == .int32 || type == .int64) && page.remaining > 0: source = .deltas(try DeltaDecoder(page))
        case 6 where type == .byteArray && page.remaining > 0:
            source = .lengths(try DeltaLengthDecoder(page, limit: limit), page.bytes)
        case 7 where (type == .byteArray || type == .fixedByteArray) && page.remaining > 0:
            source = .texts(try DeltaTextDecoder(page, limit: limit))
        case 5, 6, 7: source = .plain(page, bit: 0)
        case 9:
            let width = try Self.width(converter)
            guard page.remaining % max(1, width) == 0 else {
                throw ParquetError(.broken, "split values of \(width) bytes in \(page.remaining) bytes")
            }
            source = .split(page, width: width, count: page.remaining / max(1, width), index: 0)
        default: throw ParquetError(.unsupported, "values in an unknown encoding (\(encoding))")
        }
    }

    private static func width(_ converter: LeafConverter) throws(ParquetError) -> Int {
        switch converter.type {
        case .int32, .float: return 4
        case .int64, .double: return 8
        case .fixedByteArray: return converter.byteCount
        default: throw ParquetError(.broken, "split values of a type that cannot be")
        }
    }

    mutating func next() throws(ParquetError) -> JSONValue {
        switch source {
        case .plain(var page, let bit):
            // Moved out and in again, so that the page's bytes are not copied.
            source = .runs(Self.nothing)
            let (value, nextBit) = try plain(&page, bit)
            source = .plain(page, bit: nextBit)
            return value
        case .dictionary(var indices, let dictionary):
            let index = Int(try indices.next())
            source = .dictionary(indices, dictionary)
            guard index < dictionary.count else {
                throw ParquetError(.broken, "index \(index) into a dictionary of \(dictionary.count)")
            }
            return dictionary[index]
        case .runs(var bits):
            let bit = try bits.next()
            source = .runs(bits)
            return .bool(bit != 0)
        case .deltas(var deltas):
            let number = try deltas.next()
            source = .deltas(deltas)
            return try converter.value(converter.type == .int32 ? Int64(Int32(truncatingIfNeeded: number)) : number)
        case .lengths(var lengths, let bytes):
            let range = try lengths.next()
            source = .lengths(lengths, bytes)
            return try converter.value(bytes[range])
        case .texts(var texts):
            source = .runs(Self.nothing)
            let bytes = try texts.next()
            source = .texts(texts)
            guard converter.type != .fixedByteArray || bytes.count == converter.byteCount else { throw PageBytes.cut }
            return try converter.value(bytes[...])
        case .split(let page, let width, let count, let index):
            guard index < count else { throw PageBytes.cut }
            source = .split(page, width: width, count: count, index: index + 1)
            var bytes = [UInt8](repeating: 0, count: width)
            for byte in 0..<width { bytes[byte] = page.bytes[page.position + byte * count + index] }
            var value = PageBytes(bytes, 0..<width)
            return try plain(&value, 0).value
        }
    }

    /// One value as it is, and the bit after it where values are bits.
    private func plain(_ page: inout PageBytes, _ bit: Int) throws(ParquetError) -> (value: JSONValue, bit: Int) {
        switch converter.type {
        case .boolean:
            guard page.remaining > 0 else { throw PageBytes.cut }
            let value = page.bytes[page.position] >> UInt8(bit) & 1 == 1
            if bit == 7 { _ = try page.byte() }
            return (.bool(value), (bit + 1) % 8)
        case .int32:
            return (try converter.value(Int64(Int32(truncatingIfNeeded: try page.littleEndian(4)))), 0)
        case .int64: return (try converter.value(Int64(bitPattern: try page.littleEndian(8))), 0)
        case .int96:
            let start = try page.take(12)
            return (converter.value(int96: page.bytes[start..<(start + 12)]), 0)
        case .float:
            return (.double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try page.littleEndian(4))))), 0)
        case .double: return (.double(Double(bitPattern: try page.littleEndian(8))), 0)
        case .byteArray:
            let length = Int(try page.littleEndian(4))
            let start = try page.take(length)
            return (try converter.value(page.bytes[start..<(start + length)]), 0)
        case .fixedByteArray:
            let start = try page.take(converter.byteCount)
            return (try converter.value(page.bytes[start..<(start + converter.byteCount)]), 0)
        }
    }

    /// A decoder that stands in while another is at work.
    private static let nothing: HybridDecoder = {
        guard let nothing = try? HybridDecoder(PageBytes([], 0..<0), width: 0) else {
            preconditionFailure("a width of no bits is a width")
        }
        return nothing
    }()
}
