// Why a Parquet file cannot be read, and where in it.

/// What is wrong with a Parquet file.
public struct ParquetError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// The file cannot be opened or read.
        case unreadable
        /// Its bytes do not hold together.
        case broken
        /// A part of the format that this reader does not know.
        case unsupported
        /// A page or a row larger than memory should be.
        case tooLarge
    }

    public var kind: Kind
    public var reason: String
    /// Names of the fields down to the column, where one is concerned.
    public var column: String?
    /// Where in the file, as near as it is known.
    public var byteOffset: Int?

    public init(_ kind: Kind, _ reason: String, column: String? = nil, byteOffset: Int? = nil) {
        self.kind = kind
        self.reason = reason
        self.column = column
        self.byteOffset = byteOffset
    }

    public var description: String {
        reason + (column.map { " in column \"\($0)\"" } ?? "") + (byteOffset.map { " (byte \($0))" } ?? "")
    }

    /// The same error, with the place added where it is not known yet.
    func located(column: String, byteOffset: Int) -> ParquetError {
        ParquetError(kind, reason, column: self.column ?? column, byteOffset: self.byteOffset ?? byteOffset)
    }
}
