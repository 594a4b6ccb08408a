// How data files are read: what a recipe's data section says of them.

public import JSON
public import Vocabulary

/// When too many bad rows stop the reading.
public enum BadRowRule: Sendable {
    /// At the first one beyond the limit.
    case stopAtOnce
    /// At the end, so that all of them are told.
    case countAll
}

/// How files are read.
public struct InputSettings: Sendable, Equatable {
    public var layout = InputLayout.auto
    public var encoding = TextEncoding.auto
    public var quotes = QuoteRule.standard
    public var documents = DocumentRule.line
    /// What stands between the fields of a table; `nil`: told from the first lines.
    public var separator: UInt8?
    /// The columns of tables whose first line is a row already; empty: the first line names them.
    public var columnNames: [String] = []
    /// The member of a JSON object that holds the rows, or the path of the table in an HDF5 file; `nil`: found.
    public var recordsField: String?
    /// Rows that may be bad before the reading stops.
    public var maximumBadRows = 0
    /// Bytes of one row at most, as UTF-8: what bounds the memory that reading takes.
    public var maximumRowBytes = 64 << 20
    public var badRows = BadRowRule.stopAtOnce

    public init() {}

    /// Layout and encoding as the file says, and no bad row allowed.
    public static let strict = InputSettings()

    /// The settings that change rows, written the same way always.
    var canonicalText: String {
        [
            layout.rawValue, encoding.rawValue, quotes.rawValue, documents.rawValue,
            columnNames.joined(separator: "\u{1F}"),
            recordsField ?? "", separator.map { "\($0)" } ?? "",
        ].joined(separator: "\u{1D}")
    }
}

/// Files that are read as one, with what the mixture and the rows should know of them.
public struct InputPart: Sendable, Equatable {
    /// Files, or patterns with `*`, `?` and `[…]`.
    public var paths: [String]
    /// Its share of a mixture's rows, against the other parts' weights.
    public var weight: Double
    /// Fields that each of its rows gets, over those of the file: the label of a file that holds one class, say.
    public var fields: JSONObject

    public init(_ paths: [String], weight: Double = 1, fields: JSONObject = JSONObject()) {
        self.paths = paths
        self.weight = weight
        self.fields = fields
    }
}
