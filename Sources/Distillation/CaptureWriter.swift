// A capture's file, written in one go from sequences that are captured.

internal import Files
internal import Foundation
internal import HDF5Files

/// Writes captured sequences, one after the other. The file appears whole or not at all, and nothing of it is held.
final class CaptureWriter {
    private let writer: SealedHDF5Writer
    private let identity: CaptureIdentity
    private var digests: HDF5ListWriter<Int64>
    private var targetStarts: HDF5ListWriter<Int64>
    private var entryStarts: HDF5ListWriter<Int64>
    private let columns: [ColumnWriter]
    private var sequences = 0
    private(set) var targets = 0
    private var entries = 0

    init(_ url: URL, _ identity: CaptureIdentity) throws {
        writer = try SealedHDF5Writer(url, seal: CaptureLayout.seal, chunksInNode: CaptureLayout.chunksInNode)
        self.identity = identity
        let file = writer.file
        for group in CaptureLayout.groups { try file.makeGroup(group) }
        digests = try HDF5ListWriter(CaptureLayout.digests, in: file, isCompressed: true)
        targetStarts = try HDF5ListWriter(CaptureLayout.targets, in: file, isCompressed: true)
        entryStarts = try HDF5ListWriter(CaptureLayout.entries, in: file, isCompressed: true)
        columns = try identity.method.columns(vocabulary: identity.vocabularySize).map { column in
            column.isWhole
                ? .whole(try HDF5ListWriter(column.path, in: file, isCompressed: true))
                : .real(try HDF5ListWriter(column.path, in: file, isCompressed: true))
        }
    }

    func append(_ sequence: CapturedSequence) throws {
        try digests.append(Int64(bitPattern: sequence.digest))
        try targetStarts.append(Int64(targets))
        try entryStarts.append(Int64(entries))
        for (column, values) in zip(columns, sequence.values) { try column.append(values) }
        sequences += 1
        targets += sequence.targets
        entries += sequence.entries
    }

    /// Ends the file and hands it over under a temporary name beside its place.
    /// - Parameters:
    ///   - rows: how many rows the sequences are of.
    ///   - digest: of all that decides the sequences.
    func finish(rows: Int, digest: String, _ put: (_ finished: URL) throws -> Void) throws {
        let file = writer.file
        try targetStarts.append(Int64(targets))
        try entryStarts.append(Int64(entries))
        for list in [digests, targetStarts, entryStarts] { try list.finish() }
        for column in columns { try column.finish() }
        try file.setAttribute("format", of: "/", CaptureLayout.format)
        try file.setAttribute("version", of: "/", CaptureLayout.version)
        for part in identity.parts {
            switch part.value {
            case .text(let text): try file.setAttribute(part.name, of: "/", text)
            case .whole(let number): try file.setAttribute(part.name, of: "/", number)
            case .real(let number): try file.setAttribute(part.name, of: "/", number)
            }
        }
        try file.setAttribute("rows", of: "/", rows)
        try file.setAttribute("rows_sha256", of: "/", digest)
        try file.setAttribute("sequences", of: "/", sequences)
        try file.setAttribute("target_tokens", of: "/", targets)
        try file.setAttribute("entries", of: "/", entries)
        try writer.finish(put)
    }

    private enum ColumnWriter {
        case whole(HDF5ListWriter<Int32>)
        case real(HDF5ListWriter<Float>)

        func append(_ values: ColumnValues) throws {
            switch (self, values) {
            case (.whole(let list), .whole(let numbers)): try list.append(numbers)
            case (.real(let list), .real(let numbers)): try list.append(numbers)
            default: preconditionFailure("a column of another type")
            }
        }

        func finish() throws {
            switch self {
            case .whole(let list): try list.finish()
            case .real(let list): try list.finish()
            }
        }
    }
}
