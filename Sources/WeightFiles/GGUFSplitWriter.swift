// A model written as several GGUF files, cut and named as llama.cpp's gguf-split does.

public import Foundation
internal import Vocabulary

/// A writer of tensors, whatever file or files they go to. They come in the order that was announced.
public protocol GGUFTensorWriter: AnyObject {
    /// Appends bytes of the next tensor, in as many pieces as suits.
    func write(_ bytes: UnsafeRawBufferPointer) throws
    /// Makes what was written whole and durable.
    ///
    /// - Returns: the file under its temporary name, or the folder of the parts.
    func finish() throws -> URL
}

extension GGUFWriter: GGUFTensorWriter {}

/// The parts of a model being written into a folder: NAME-00001-of-00003.gguf and so on. The first has the metadata.
public final class GGUFSplitWriter: GGUFTensorWriter {
    private let folder: URL
    private let name: String
    private let metadata: [(key: String, value: GGUFValue)]
    private let parts: [[TensorEntry]]
    /// The number of the part being written, and what it still lacks.
    private var number = -1
    private var left = 0
    private var writer: GGUFWriter?

    /// Starts to fill `folder` with parts of at most `byteLimit` bytes of tensors, unless one tensor alone is larger.
    ///
    /// - Throws: `WeightError` for names, types and shapes that GGUF cannot hold, and for more parts than their names can count.
    public init(
        _ folder: URL, name: String, metadata: [(key: String, value: GGUFValue)], entries: [TensorEntry], byteLimit: Int
    ) throws {
        self.folder = folder
        self.name = name
        self.metadata = metadata
        parts = Self.cut(entries, byteLimit)
        guard parts.count <= Int(UInt16.max) else {
            throw WeightError(
                file: folder.path, "a model in too many files", expected: "at most \(UInt16.max)",
                found: "\(parts.count)",
                hint: "allow larger files")
        }
        try startPart()
    }

    /// Entries in order, a new part before the one that would pass the limit.
    private static func cut(_ entries: [TensorEntry], _ limit: Int) -> [[TensorEntry]] {
        var parts: [[TensorEntry]] = [[]], bytes = 0
        for entry in entries {
            let count = entry.byteCount ?? 0
            if bytes + count > limit, parts.last?.isEmpty == false {
                parts.append([])
                bytes = 0
            }
            parts[parts.count - 1].append(entry)
            bytes += count
        }
        return parts
    }

    private func startPart() throws {
        number += 1
        left = parts[number].reduce(0) { $0 + ($1.byteCount ?? 0) }
        let keys: [(key: String, value: GGUFValue)] = [
            ("split.no", .uint16(UInt16(number))), ("split.count", .uint16(UInt16(parts.count))),
            ("split.tensors.count", .int32(Int32(parts.reduce(0) { $0 + $1.count }))),
        ]
        writer = try GGUFWriter(place, metadata: (number == 0 ? metadata : []) + keys, entries: parts[number])
    }

    private var place: URL {
        folder.appendingPathComponent(name + GGUFSplit.ending(number + 1, of: parts.count))
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if left == 0, number + 1 < parts.count { try startPart() }
        guard let writer else { preconditionFailure("more bytes than announced") }
        try writer.write(bytes)
        left -= bytes.count
        if left == 0 { try finishPart(writer) }
    }

    private func finishPart(_ finished: GGUFWriter) throws {
        let file = try finished.finish()
        guard rename(file.path, place.path) == 0 else {
            let code = errno
            unlink(file.path)
            throw SystemError(code, writing: place.path, "cannot be put in place")
        }
        writer = nil
    }

    /// - Precondition: every announced byte was written.
    public func finish() throws -> URL {
        precondition(left == 0 && number == parts.count - 1, "fewer bytes than announced")
        if let writer { try finishPart(writer) }
        return folder
    }
}
