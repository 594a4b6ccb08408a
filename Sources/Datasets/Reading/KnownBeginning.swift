// Files that are no text, told by their first bytes where their names say otherwise, or by the endings of their names.

/// A kind of file with first bytes of its own.
struct KnownBeginning {
    let bytes: [UInt8]
    let name: String
    let help: String
    /// How names of such files end, where these are never read.
    let endings: [String]

    /// The longest of them, in bytes.
    static let longest = 8

    private static let all: [KnownBeginning] = [
        .init([0x1F, 0x8B], "a gzip file", "let its name end in .gz"),
        .init([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard file", "let its name end in .zst"),
        .init(Array("PAR1".utf8), "a Parquet file", "name it .parquet, or give data.layout: parquet"),
        .init([0x89] + Array("HDF\r\n".utf8), "an HDF5 file", "name it .h5, or give data.layout: hdf5"),
        .init(
            Array("PK\u{3}\u{4}".utf8), "a ZIP archive, as Excel workbooks are too",
            "unpack it, or save the sheet as CSV", endings: ["xlsx", "xlsm", "ods", "zip"]),
        .init([0xD0, 0xCF, 0x11, 0xE0], "an old Excel or Word file", "save the sheet as CSV", endings: ["xls"]),
        .init(Array("%PDF-".utf8), "a PDF file", "take its text out first", endings: ["pdf"]),
        .init(
            Array("SQLite f".utf8), "an SQLite database", "export the table as CSV",
            endings: ["db", "sqlite", "sqlite3"]),
        .init(Array("ARROW1".utf8), "an Arrow file", "write it as Parquet", endings: ["arrow", "feather"]),
        .init([0x42, 0x5A, 0x68], "a bzip2 file", "unpack it, or pack it with gzip", endings: ["bz2"]),
        .init([0xFD] + Array("7zXZ".utf8), "an xz file", "unpack it, or pack it with gzip", endings: ["xz"]),
    ]

    private init(_ bytes: [UInt8], _ name: String, _ help: String, endings: [String] = []) {
        self.bytes = bytes
        self.name = name
        self.help = help
        self.endings = endings
    }

    /// What helps with a file whose name ends so; nil where nobody knows.
    static func help(ofEnding ending: String) -> String? { all.first { $0.endings.contains(ending) }?.help }

    /// Refuses what begins like a file that is no text.
    static func requireText(_ beginning: [UInt8], _ path: String) throws(DatasetError) {
        guard let found = all.first(where: { beginning.starts(with: $0.bytes) }) else { return }
        throw DatasetError(
            .unsupported, RowPlace(file: path, line: 0), "this is \(found.name), and its name says that it is a text",
            hint: found.help)
    }
}
