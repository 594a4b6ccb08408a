// The older form of importance matrices, `.dat`: numbers without names of their fields, little-endian.
//
//     int32 entries, and for each: int32 length, name, int32 calls, int32 values, values × fp32 (mean of x² · calls)
//     int32 chunks, int32 length, the data's name

extension ImportanceMatrix {
    /// Reads a file of the older form.
    init(legacy file: MappedFile) throws(WeightError) {
        var reader = ByteReader(file.bytes, file: file.path)
        let count = try reader.integer(Int32.self, "the number of entries")
        // An entry has three numbers, a name and a value.
        guard count > 0, Int(count) <= reader.remaining / 17 else {
            throw WeightError(
                file: file.path, "no importance matrix", expected: "GGUF, or llama.cpp's older form",
                hint: "lathe imatrix writes one")
        }
        var entries: [Entry] = []
        for _ in 0..<count { entries.append(try Self.entry(&reader)) }
        // Files older still end here.
        let chunks = reader.remaining > 0 ? try reader.integer(Int32.self, "the number of chunks") : 0
        let dataset = reader.remaining > 0 ? try Self.text(&reader, "the data's name") : nil
        guard reader.remaining == 0 else {
            throw WeightError(
                file: file.path, "bytes behind the end", byteOffset: reader.position, found: "\(reader.remaining)")
        }
        self = try ImportanceMatrix(
            entries, datasets: dataset.map { [$0] } ?? [], chunkCount: Int(chunks), chunkSize: Self.usualChunk
        ).validated(file.path)
    }

    /// The file does not say how long its chunks were; llama.cpp's own unless told otherwise.
    private static let usualChunk = 512

    private static func entry(_ reader: inout ByteReader) throws(WeightError) -> Entry {
        let name = try text(&reader, "an entry's name")
        let calls = try reader.integer(Int32.self, "the calls of \(name)")
        let count = try reader.integer(Int32.self, "the number of values of \(name)")
        guard calls >= 0, count > 0 else {
            throw WeightError(
                file: reader.file, "an entry without values", tensor: name, byteOffset: reader.position,
                found: "\(count) values of \(calls) calls")
        }
        let range = try reader.skip(4 * UInt64(count), "the values of \(name)")
        let sums = stride(from: range.lowerBound, to: range.upperBound, by: 4).map {
            Float(bitPattern: UInt32(littleEndian: reader.bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
        }
        // Values of no call stand for themselves.
        return Entry(name: name, sums: sums, counts: [Float(max(calls, 1))])
    }

    private static func text(_ reader: inout ByteReader, _ what: String) throws(WeightError) -> String {
        let length = try reader.integer(Int32.self, "the length of \(what)")
        guard length >= 0 else {
            throw WeightError(
                file: reader.file, "a negative length of \(what)", byteOffset: reader.position, found: "\(length)")
        }
        let range = try reader.skip(UInt64(length), what)
        guard let text = String(strictlyDecoding: UnsafeRawBufferPointer(rebasing: reader.bytes[range])) else {
            throw WeightError(file: reader.file, "\(what) is not UTF-8", byteOffset: range.lowerBound)
        }
        return text
    }

    /// The matrix in the older form. What no row was seen of weighs 1, as llama.cpp writes it.
    var legacyBytes: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        func append(_ text: String) {
            append(Int32(clamping: text.utf8.count))
            bytes += Array(text.utf8)
        }
        append(Int32(clamping: entries.count))
        for entry in entries {
            let most = Int(entry.counts.max() ?? 0)
            let calls = max(1, (most + chunkSize - 1) / max(chunkSize, 1))
            append(entry.name)
            append(Int32(clamping: calls))
            append(Int32(clamping: entry.sums.count))
            let perExpert = max(1, entry.sums.count / max(entry.counts.count, 1))
            for (index, sum) in entry.sums.enumerated() {
                let count = entry.counts[index / perExpert]
                append((count > 0 ? sum / count * Float(calls) : Float(calls)).bitPattern)
            }
        }
        append(Int32(clamping: chunkCount))
        append(datasets.last ?? "")
        return bytes
    }
}
