// How a recipe's data files are read. Every default stands here; what each key means stands in `DataInputKeys`.

/// What the files are, and how much of them may be bad.
public struct DataInput: Sendable, Equatable {
    public var layout = DataLayout.auto
    public var encoding = DataEncoding.auto
    public var quotes = DataQuotes.standard
    public var documents = DataDocuments.line
    /// What stands between the fields of a table; `nil`: told from the first lines.
    public var separator: String?
    /// Names of a table's columns; empty: its first line has them.
    public var columnNames: [String] = []
    /// The member of a JSON object, or the table of an HDF5 file, that holds the rows; `nil`: found.
    public var records: String?
    public var maxBadRows = 0
    /// Takes the place of `train` where it is given.
    public var mix: [DataMixEntry] = []
    public var mixExhausted = DataMixRule.drop

    public init() {}
}

/// One part of a mixture.
public struct DataMixEntry: Sendable, Equatable {
    public var path: [String] = []
    public var weight = 1.0
    /// Field → value that each of its rows gets.
    public var fields: [String: String] = [:]

    public init() {}
}

public enum DataLayout: String, Sendable, CaseIterable { case auto, jsonl, json, csv, tsv, text, parquet, hdf5 }

public enum DataEncoding: String, Sendable, CaseIterable {
    case auto
    case utf8 = "utf-8"
    case utf16 = "utf-16"
    case utf16LittleEndian = "utf-16le"
    case utf16BigEndian = "utf-16be"
    case gb18030
    case latin1 = "latin-1"
    case windows1252 = "windows-1252"
}

public enum DataQuotes: String, Sendable, CaseIterable { case standard, backslash, none }

public enum DataDocuments: String, Sendable, CaseIterable { case line, paragraph, file }

public enum DataMixRule: String, Sendable, CaseIterable { case drop, stop, `repeat` }

/// Which turns of a conversation carry loss.
public enum TrainOn: String, Sendable, CaseIterable { case assistant, last, all }
