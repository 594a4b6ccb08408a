// How data files are read, as recipes say it and readers hear it.

/// How a file's bytes hold rows.
public enum InputLayout: String, Sendable, CaseIterable {
    /// Told from the file's name.
    case auto
    /// One object a line.
    case jsonLines = "jsonl"
    /// A list of objects, or an object around one.
    case json
    case commaSeparated = "csv"
    case tabSeparated = "tsv"
    /// A word a line with its tag in the last column, an empty line after each sentence: rows with `tokens` and `tags`.
    case conll
    /// Plain text: rows with one field, `text`.
    case text
    case parquet
    case hdf5
}

/// How a text file's bytes spell characters.
public enum TextEncoding: String, Codable, Sendable, CaseIterable {
    /// A byte order mark decides, else the first bytes that are not ASCII.
    case auto
    case utf8 = "utf-8"
    /// By its byte order mark; little-endian without one.
    case utf16 = "utf-16"
    case utf16LittleEndian = "utf-16le"
    case utf16BigEndian = "utf-16be"
    /// GB 2312 and GBK are parts of it.
    case gb18030
    case latin1 = "latin-1"
    case windows1252 = "windows-1252"
}

/// What quotation marks mean in a table.
public enum QuoteRule: String, Sendable, CaseIterable {
    /// Around fields that hold separators or line breaks, as RFC 4180 has it and every spreadsheet writes it.
    case standard
    /// The same, and a quotation mark within a field stands after a backslash.
    case backslash
    /// Nothing: a line is a row, as the IANA's registration of tab-separated values has it.
    case none
}

/// What is one row of a plain text file.
public enum DocumentRule: String, Sendable, CaseIterable {
    case line
    /// Lines up to an empty one.
    case paragraph
    case file
}

/// What a mixture does when one of its parts has no more rows.
public enum ExhaustedRule: String, Sendable, CaseIterable {
    /// The part drops out and the others go on: every row is read once.
    case drop
    /// The mixture ends.
    case stop
    /// The part begins again, until every part was read whole once.
    case `repeat`
}
