// How a recipe's data files are read. Every default stands here; what each key means stands in `DataInputKeys`.

public import Vocabulary

/// What the files are, and how much of them may be bad.
public struct DataInput: Sendable, Equatable {
    public var layout = InputLayout.auto
    public var encoding = TextEncoding.auto
    public var quotes = QuoteRule.standard
    public var documents = DocumentRule.line
    /// What stands between the fields of a table; `nil`: told from the first lines.
    public var separator: String?
    /// Names of a table's columns; empty: its first line has them.
    public var columnNames: [String] = []
    /// The member of a JSON object, or the table of an HDF5 file, that holds the rows; `nil`: found.
    public var records: String?
    public var maxBadRows = 0
    /// Takes the place of `train` where it is given.
    public var mix: [DataMixEntry] = []
    public var mixExhausted = ExhaustedRule.drop

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
