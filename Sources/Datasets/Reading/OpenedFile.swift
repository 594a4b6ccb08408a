// A data file, opened: by its name and its first bytes it is known what it holds.

internal import Foundation
internal import Vocabulary

/// One file of a stream, with what was counted of it.
final class OpenedFile {
    let path: String
    let rows: any FileRows
    private let bytes: FileBytes
    private let text: TextStream?

    init(_ path: String, settings: InputSettings) throws(DatasetError) {
        self.path = path
        let (layout, packing) = try Self.layout(of: path, settings)
        let limit = settings.maximumRowBytes
        bytes = try FileBytes(path: path)
        if layout == .parquet || layout == .hdf5 {
            guard packing == .none else {
                throw DatasetError(
                    .unsupported, RowPlace(file: path, line: 0),
                    "\(layout.rawValue) files pack their own pages and are not read through gzip or zstd",
                    hint: "unpack the file")
            }
            text = nil
            rows =
                layout == .parquet
                ? try ParquetRows(path, maximumRowBytes: limit)
                : GuardedHDF5Rows(path, path: settings.recordsField, maximumRowBytes: limit)
            return
        }
        let unpacked = try Self.unpack(bytes, packing, path)
        let text = TextStream(unpacked, encoding: settings.encoding, file: path)
        let window = TextWindow(text, file: path)
        self.text = text
        switch layout {
        case .json: rows = JSONRows(window, recordsField: settings.recordsField, maximumRowBytes: limit)
        case .commaSeparated, .tabSeparated:
            rows = DelimitedRows(
                window, usual: layout == .commaSeparated ? UInt8(ascii: ",") : 0x09, given: settings.separator,
                quotes: settings.quotes, columnNames: settings.columnNames, maximumRowBytes: limit)
        case .conll: rows = CoNLLRows(window, maximumRowBytes: limit)
        case .text: rows = TextRows(window, rule: settings.documents, maximumRowBytes: limit)
        case .auto, .jsonLines, .parquet, .hdf5: rows = JSONLinesRows(window, maximumRowBytes: limit)
        }
    }

    /// What is known of the file by now.
    func complete(_ report: inout InputFileReport) {
        report.byteCount = bytes.byteCount
        report.digest = bytes.digest
        report.separator = (rows as? DelimitedRows)?.unusualSeparator
        report.unevenLines = (rows as? DelimitedRows)?.unevenLines ?? 0
        report.tabsPerLine = (rows as? TextRows)?.tabsPerLine ?? 0
        // Nothing but ASCII is UTF-8 as well.
        report.encoding = text.map { $0.encoding == .auto ? .utf8 : $0.encoding }
    }

    /// Reads what stands after the last row, so that the digest is that of the whole file.
    func drain() throws(DatasetError) {
        guard bytes.digest.isEmpty else { return }
        while !(try bytes.readFirst(1 << 16)).isEmpty {}
    }

    // MARK: What a file is

    enum Packing { case none, gzip, zstd }

    static func layout(
        of path: String, _ settings: InputSettings
    ) throws(DatasetError) -> (InputLayout, Packing) {
        var name = (path as NSString).lastPathComponent.lowercased()
        var packing = Packing.none
        for (suffix, kind) in [(".gz", Packing.gzip), (".gzip", .gzip), (".zst", .zstd), (".zstd", .zstd)]
        where packing == .none && name.hasSuffix(suffix) {
            name.removeLast(suffix.count)
            packing = kind
        }
        if settings.layout != .auto { return (settings.layout, packing) }
        let found: InputLayout? =
            switch (name as NSString).pathExtension {
            case "jsonl", "ndjson": .jsonLines
            case "json": .json
            case "csv": .commaSeparated
            case "tsv", "tab": .tabSeparated
            case "conll", "iob", "iob2", "bio": .conll
            case "txt", "text": .text
            case "parquet", "pq": .parquet
            case "h5", "hdf5": .hdf5
            default: nil
            }
        guard let found else {
            let end = (name as NSString).pathExtension
            throw DatasetError(
                .unsupported, RowPlace(file: path, line: 0),
                end.isEmpty ? "the name does not say what the file holds" : "no data file is named *.\(end)",
                hint: KnownBeginning.help(ofEnding: end)
                    ?? "data.layout says it: jsonl, json, csv, tsv, conll, text, …; known by their names are .jsonl "
                    + ".json .csv .tsv .conll .txt, each also as .gz or .zst, .parquet and .h5")
        }
        return (found, packing)
    }

    private static func unpack(
        _ file: FileBytes, _ packing: Packing, _ path: String
    ) throws(DatasetError) -> any ByteStream {
        switch packing {
        case .none:
            let beginning = try file.readFirst(KnownBeginning.longest)
            try KnownBeginning.requireText(beginning, path)
            return PrefixedBytes(beginning, file)
        case .gzip: return try GzipBytes(file, file: path)
        case .zstd: return try ZstdBytes(file, file: path)
        }
    }
}
