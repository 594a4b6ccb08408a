// A row on its way through the steps.

public import Datasets
public import JSON

/// A row of data with its place and its side of the split.
public struct Row: Sendable, Equatable {
    public var fields: JSONObject
    public var place: RowPlace
    /// Number among all rows read, from 0; copies of a row share it.
    public var index: Int
    /// Whether the row is for evaluation only.
    public var isHeldOut: Bool
    /// 0: a row of the files; else the number of the copy that a step made of it.
    public var copy: Int

    public init(fields: JSONObject, place: RowPlace, index: Int, isHeldOut: Bool = false, copy: Int = 0) {
        self.fields = fields
        self.place = place
        self.index = index
        self.isHeldOut = isHeldOut
        self.copy = copy
    }
}

/// What rows are pushed into: first all rows, in order, then the end.
public protocol RowSink: AnyObject {
    func receive(_ row: Row) throws
    /// Called once, after the last row. A step that needs all rows hands them on here.
    func finish() throws
}
