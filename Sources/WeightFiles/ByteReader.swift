// A cursor over foreign bytes: every read is checked against the end, nothing is ever read outside.

/// Reads little-endian values one after the other.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    let file: String
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    var remaining: Int { bytes.count - position }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type, _ what: @autoclosure () -> String) throws(WeightError)
        -> T
    {
        let size = MemoryLayout<T>.size
        guard remaining >= size else { throw cut(what(), need: UInt64(size)) }
        defer { position += size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
    }

    /// The range of the next `count` bytes.
    mutating func skip(_ count: UInt64, _ what: @autoclosure () -> String) throws(WeightError) -> Range<Int> {
        guard count <= UInt64(remaining) else { throw cut(what(), need: count) }
        defer { position += Int(count) }
        return position..<(position + Int(count))
    }

    /// A string with its 64-bit length before it.
    mutating func string(_ what: @autoclosure () -> String) throws(WeightError) -> UnsafeRawBufferPointer {
        let count = try integer(UInt64.self, what())
        return UnsafeRawBufferPointer(rebasing: bytes[try skip(count, what())])
    }

    func cut(_ what: String, need: UInt64) -> WeightError {
        WeightError(
            file: file, "the file ends inside \(what)", byteOffset: position, expected: "\(need) bytes",
            found: "\(remaining) to the end of the file")
    }
}

extension String {
    /// The text of `bytes`; nil unless they are UTF-8.
    init?(strictlyDecoding bytes: some Sequence<UInt8>) {
        guard let text = String(validating: Array(bytes), as: UTF8.self) else { return nil }
        self = text
    }
}
