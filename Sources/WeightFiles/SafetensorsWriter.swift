// Writing safetensors: the directory is known ahead, the numbers stream through tensor by tensor.

internal import Files
public import Foundation
internal import JSON
internal import Tensors
public import Vocabulary

/// A safetensors file being written; nothing is at its place before `finish`.
public final class SafetensorsWriter {
    private let file: AtomicFile
    private let ends: [Int]
    private let headerBytes: Int

    /// Starts the file `url` with the tensors of `entries`, whose bytes are to be written in that order.
    ///
    /// - Parameter metadata: the header's `__metadata__`; transformers wants `format: pt`.
    public init(
        _ url: URL, entries: [TensorEntry], metadata: [(key: String, value: String)] = [("format", "pt")]
    ) throws(WeightError) {
        var members: [JSONObject.Member] = []
        if !metadata.isEmpty {
            members.append(("__metadata__", .object(JSONObject(metadata.map { ($0.key, .string($0.value)) }))))
        }
        var end = 0
        var ends: [Int] = []
        for entry in entries {
            guard let dtype = StoredType.safetensorsName(entry.dtype), let count = entry.byteCount else {
                throw WeightError(
                    file: url.path, "safetensors cannot hold \(entry.dtype.rawValue) \(entry.shape)", tensor: entry.name
                )
            }
            members.append(
                (
                    entry.name,
                    [
                        "dtype": .string(dtype), "shape": .array(entry.shape.sizes.map { .integer($0) }),
                        "data_offsets": [.integer(end), .integer(end + count)],
                    ]
                ))
            end += count
            ends.append(end)
        }
        if let twice = JSONObject(members).firstDuplicateKey {
            throw WeightError(file: url.path, "two tensors have one name", tensor: twice)
        }
        var header = Array(JSONValue.object(JSONObject(members)).text().utf8)
        // Spaces up to a multiple of 8, so that the numbers after lie aligned.
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        self.ends = ends
        headerBytes = 8 + header.count
        do throws(SystemError) {
            file = try AtomicFile(url, isHashed: true)
            let length = UInt64(header.count)
            try file.write((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
            try file.write(header)
        } catch { throw WeightError(error) }
    }

    /// Appends bytes: tensors in the order of the entries, each in as many pieces as suits.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        precondition(file.byteCount - headerBytes + bytes.count <= ends.last ?? 0, "more bytes than announced")
        try file.write(bytes)
    }

    public func write(_ floats: [Float]) throws(SystemError) {
        let result: Result<Void, SystemError> = floats.withUnsafeBytes { buffer in
            do throws(SystemError) { return .success(try write(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Makes the file durable and puts it in its place.
    /// - Precondition: every announced byte was written.
    public func finish() throws(SystemError) {
        precondition(file.byteCount - headerBytes == ends.last ?? 0, "fewer bytes than announced")
        try file.commit()
    }
}
