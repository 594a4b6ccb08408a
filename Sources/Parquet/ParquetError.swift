// Why a Parquet file cannot be read, and where in it.

public import Vocabulary

/// What is wrong with a Parquet file.
public struct ParquetError: ClassifiedError, Equatable {
    public enum Fault: String, Sendable {
        /// There is no such file.
        case absent
        /// The system does not open or read it.
        case unreadable
        /// Its bytes do not hold together.
        case broken
        /// A part of the format that this reader does not know.
        case unsupported
        /// A page or a row larger than memory should be.
        case tooLarge
    }

    public var fault: Fault
    public var reason: String
    /// Names of the fields down to the column, where one is concerned.
    public var column: String?
    /// Where in the file, as near as it is known.
    public var byteOffset: Int?

    public init(_ fault: Fault, _ reason: String, column: String? = nil, byteOffset: Int? = nil) {
        self.fault = fault
        self.reason = reason
        self.column = column
        self.byteOffset = byteOffset
    }

    /// What the system said of the file.
    init(_ error: SystemError, byteOffset: Int? = nil) {
        self.init(error.kind == .missingInput ? .absent : .unreadable, error.cause, byteOffset: byteOffset)
    }

    public var kind: FailureKind {
        switch fault {
        case .absent: .missingInput
        case .unreadable: .inputOutput
        case .broken, .unsupported, .tooLarge: .badInput
        }
    }

    public var description: String {
        reason + (column.map { " in column \"\($0)\"" } ?? "") + (byteOffset.map { " (byte \($0))" } ?? "")
    }

    /// The same error, with the place added where it is not known yet.
    func located(column: String, byteOffset: Int) -> ParquetError {
        ParquetError(fault, reason, column: self.column ?? column, byteOffset: self.byteOffset ?? byteOffset)
    }
}
