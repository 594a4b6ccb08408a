// A row as a data file has it, and what gives rows one after the other.

public import JSON

/// A row as the file has it: fields with their JSON values, not yet understood as any form of training row.
public struct SourceRow: Sendable, Equatable {
    /// In the file's order; no name stands twice.
    public var fields: JSONObject
    public var place: RowPlace
    /// The row's number among all rows that its stream gives, from 0.
    public var index: Int
    /// How often the row's file was begun again before: above 0 only in a mixture that repeats.
    public var pass: Int

    public init(fields: JSONObject, place: RowPlace, index: Int, pass: Int = 0) {
        self.fields = fields
        self.place = place
        self.index = index
        self.pass = pass
    }
}

/// Rows, one after the other. What is held in memory is a chunk of the file and the row at hand, never the file.
public protocol RowSource: AnyObject {
    /// The next row; `nil` after the last one.
    ///
    /// Rows that cannot be read are skipped and counted; above `InputSettings.maximumBadRows` they are an error.
    func next() throws(DatasetError) -> SourceRow?
    /// Counts a row that a later step finds bad, under the same limit as rows that cannot be read.
    func reject(_ error: DatasetError) throws(DatasetError)
    /// What was read; complete once `next` gave `nil`.
    var report: InputReport { get }
}

extension RowSource {
    /// Runs `body` on each row.
    public func forEach(_ body: (SourceRow) throws -> Void) throws {
        while let row = try next() { try body(row) }
    }
}
