// Writing GGUF version 3: metadata and directory are known ahead, the numbers stream through tensor by tensor.

internal import Files
public import Foundation
internal import Tensors
public import Vocabulary

/// A GGUF file being written; nothing is at its place before the file is put there.
public final class GGUFWriter {
    private let file: AtomicFile
    private let entries: [TensorEntry]
    /// Where the bytes of each tensor end, counted from the file's start.
    private let ends: [Int]
    /// Tensors start at multiples of this many bytes.
    private let alignment: Int
    private var next = 0

    /// Starts the file `url` with `metadata` and a directory of `entries`, whose bytes are to be written in that order.
    ///
    /// - Throws: `WeightError` for names, types and shapes that GGUF cannot hold.
    public init(
        _ url: URL, metadata: [(key: String, value: GGUFValue)], entries: [TensorEntry]
    ) throws(WeightError) {
        func failure(_ problem: String, _ name: String, found: String? = nil) -> WeightError {
            WeightError(file: url.path, problem, tensor: name, found: found)
        }
        alignment = metadata.last { $0.key == "general.alignment" }?.value.integer ?? 32
        var header = GGUFBytes()
        header.append(UInt32(0x4655_4747))
        header.append(UInt32(3))
        header.append(UInt64(entries.count))
        header.append(UInt64(metadata.count))
        for (key, value) in metadata { header.append(key, value) }
        var offset = 0
        var ends: [Int] = []
        for entry in entries {
            guard let type = StoredType.ggmlNumber(entry.dtype),
                (entry.shape.sizes.last ?? 1) % entry.dtype.blockElements == 0, entry.shape.rank <= 4,
                let count = entry.byteCount
            else {
                throw failure("GGUF cannot hold \(entry.dtype.rawValue) \(entry.shape)", entry.name)
            }
            guard entry.name.utf8.count < 64 else { throw failure("GGUF's names have at most 63 bytes", entry.name) }
            header.append(entry, type: type, offset: offset)
            ends.append(offset + count)
            offset = (offset + count).rounded(upTo: alignment)
        }
        let names = entries.map(\.name)
        if let twice = Dictionary(grouping: names, by: \.self).filter({ $1.count > 1 }).keys.min() {
            throw failure("two tensors have one name", twice)
        }
        let start = header.bytes.count.rounded(upTo: alignment)
        header.bytes += [UInt8](repeating: 0, count: start - header.bytes.count)
        self.entries = entries
        self.ends = ends.map { start + $0 }
        do throws(SystemError) {
            file = try AtomicFile(url, replaces: true, isHashed: true)
            try file.write(header.bytes)
        } catch { throw WeightError(error) }
    }

    /// Appends bytes: tensors in the order of the entries, each in as many pieces as suits.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        if next < ends.count, file.byteCount == ends[next] { try startNext() }
        precondition(file.byteCount + bytes.count <= (next < ends.count ? ends[next] : 0), "more bytes than announced")
        try file.write(bytes)
    }

    /// The zeros that bring the next tensor to its place.
    private func startNext() throws(SystemError) {
        let gap = file.byteCount.rounded(upTo: alignment) - file.byteCount
        try file.write([UInt8](repeating: 0, count: gap))
        next += 1
    }

    /// Makes the file durable.
    ///
    /// - Precondition: every announced byte was written.
    /// - Returns: the file under its temporary name, which is from now on the caller's to put in place or remove.
    public func finish() throws(SystemError) -> URL {
        precondition(file.byteCount == ends.last ?? file.byteCount, "fewer bytes than announced")
        // As other writers end a file: the last tensor is padded too.
        let gap = file.byteCount.rounded(upTo: alignment) - file.byteCount
        try file.write([UInt8](repeating: 0, count: gap))
        return try file.finish()
    }
}

/// A header in the making. All numbers are little-endian.
private struct GGUFBytes {
    var bytes: [UInt8] = []

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    mutating func append(_ text: [UInt8]) {
        append(UInt64(text.count))
        bytes += text
    }

    mutating func append(_ entry: TensorEntry, type: UInt32, offset: Int) {
        append(Array(entry.name.utf8))
        append(UInt32(entry.shape.rank))
        for size in entry.shape.sizes.reversed() { append(UInt64(size)) }
        append(type)
        append(UInt64(offset))
    }

    mutating func append(_ key: String, _ value: GGUFValue) {
        append(Array(key.utf8))
        append(value.type.rawValue)
        switch value {
        case .uint8(let number): append(number)
        case .int8(let number): append(number)
        case .uint16(let number): append(number)
        case .int16(let number): append(number)
        case .uint32(let number): append(number)
        case .int32(let number): append(number)
        case .uint64(let number): append(number)
        case .int64(let number): append(number)
        case .float32(let number): append(number.bitPattern)
        case .float64(let number): append(number.bitPattern)
        case .bool(let truth): append(UInt8(truth ? 1 : 0))
        case .string(let text): append(text)
        case .array(let array):
            append(array.elementType.rawValue)
            append(UInt64(array.count))
            bytes += array.bytes
        }
    }
}

extension Int {
    /// The next multiple of `step`, or the number itself.
    fileprivate func rounded(upTo step: Int) -> Int { (self + step - 1) / step * step }
}
