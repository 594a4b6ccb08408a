// An importance matrix as a GGUF file: two fp32 tensors a weight, `<name>.in_sum2` `[experts, in]` and `<name>.counts`
// `[experts, 1]`. A third, `<name>.in_sum`, that newer files carry is of no use here.

internal import Files
internal import Foundation
internal import Tensors

extension ImportanceMatrix {
    private static let (sums, counts) = (".in_sum2", ".counts")
    private enum Key {
        static let (type, datasets) = ("general.type", "imatrix.datasets")
        static let (chunkCount, chunkSize) = ("imatrix.chunk_count", "imatrix.chunk_size")
    }

    /// Whether a GGUF file says that it is an importance matrix.
    public static func isImportanceMatrix(_ file: GGUFFile) -> Bool { file.value(Key.type)?.string == "imatrix" }

    /// Reads a GGUF file.
    init(_ file: GGUFFile) throws(WeightError) {
        let path = file.file.path
        guard Self.isImportanceMatrix(file) else {
            throw WeightError(
                file: path, "no importance matrix", tensor: Key.type, expected: "imatrix",
                found: file.value(Key.type)?.string ?? file.architecture.map { "a model (\($0))" } ?? "nothing",
                hint: "lathe imatrix writes one")
        }
        var entries: [Entry] = []
        for tensor in file.tensors where tensor.name.hasSuffix(Self.sums) {
            let name = String(tensor.name.dropLast(Self.sums.count))
            guard let counts = try Self.floats(name + Self.counts, in: file) else {
                throw WeightError(file: path, "sums without counts", tensor: name)
            }
            entries.append(Entry(name: name, sums: try Self.floats(tensor.name, in: file) ?? [], counts: counts))
        }
        let chunks = try [Key.chunkCount, Key.chunkSize].map { key throws(WeightError) in
            guard let number = file.value(key)?.integer else {
                throw WeightError(file: path, "missing metadata", tensor: key, expected: "a whole number")
            }
            return number
        }
        let datasets = file.value(Key.datasets)?.array?.strings ?? []
        self = try ImportanceMatrix(
            entries, datasets: datasets.map { String(decoding: $0, as: UTF8.self) }, chunkCount: chunks[0],
            chunkSize: chunks[1]
        ).validated(path)
    }

    private static func floats(_ name: String, in file: GGUFFile) throws(WeightError) -> [Float]? {
        guard let tensor = try file.tensor(name) else { return nil }
        guard tensor.dtype == .f32 else {
            throw WeightError(
                file: file.file.path, "wrong type", tensor: name, expected: "F32", found: tensor.dtype.rawValue)
        }
        return (0..<tensor.elementCount).map {
            Float(
                bitPattern: UInt32(
                    littleEndian: tensor.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
        }
    }

    /// Writes the matrix as GGUF beside `place`.
    ///
    /// - Returns: the finished file under its temporary name.
    func ggufFile(for place: URL) throws -> URL {
        let tensors = entries.flatMap { entry in
            let experts = entry.counts.count
            return [
                (entry.name + Self.sums, entry.sums, Shape([experts, entry.sums.count / max(experts, 1)])),
                (entry.name + Self.counts, entry.counts, Shape([experts, 1])),
            ]
        }
        let writer = try GGUFWriter(
            place,
            metadata: [
                (Key.type, .string(Array("imatrix".utf8))), (Key.datasets, .array(GGUFArray(strings: datasets))),
                (Key.chunkCount, .uint32(UInt32(clamping: chunkCount))),
                (Key.chunkSize, .uint32(UInt32(clamping: chunkSize))),
            ], entries: tensors.map { TensorEntry(name: $0.0, dtype: .f32, shape: $0.2) })
        for (_, numbers, _) in tensors { try numbers.withUnsafeBytes { try writer.write($0) } }
        return try writer.finish()
    }
}

extension GGUFArray {
    /// An array of texts that is to be written.
    init(strings: [String]) {
        var bytes: [UInt8] = []
        for string in strings {
            withUnsafeBytes(of: UInt64(string.utf8.count).littleEndian) { bytes += $0 }
            bytes += Array(string.utf8)
        }
        let storage = Storage(byteCount: bytes.count) { $0.copyBytes(from: bytes) }
        self.init(elementType: .string, count: strings.count, storage: storage, byteRange: 0..<bytes.count)
    }
}
