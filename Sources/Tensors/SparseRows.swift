// A few numbers in each row of a table that is far too wide to be kept.

/// For each row some columns and a number for each of them: tokens of a vocabulary and how much they weigh, for one.
public struct SparseRows: Sendable, Equatable {
    /// Where each row's entries begin, and the number of all entries at the end.
    public private(set) var starts = [0]
    /// Ascending within a row, each once.
    public private(set) var columns: [Int32] = []
    public private(set) var values: [Float] = []

    public init() {}

    /// One column in each row, weighing 1.
    public init(_ columns: some Collection<Int32>) {
        self.columns = Array(columns)
        values = Array(repeating: 1, count: columns.count)
        starts = Array(0...columns.count)
    }

    public var count: Int { starts.count - 1 }

    public mutating func reserve(rows: Int, entries: Int) {
        starts.reserveCapacity(rows + 1)
        columns.reserveCapacity(entries)
        values.reserveCapacity(entries)
    }

    /// Adds a row, whatever the order of its entries.
    /// - Precondition: a column comes once, and is not negative.
    public mutating func append(_ entries: some Sequence<(column: Int32, value: Float)>) {
        var last: Int32 = -1
        var ascends = true
        for entry in entries {
            ascends = ascends && entry.column > last
            last = entry.column
            columns.append(entry.column)
            values.append(entry.value)
        }
        if !ascends { sortLastRow() }
        starts.append(columns.count)
    }

    private mutating func sortLastRow() {
        let row = starts[starts.count - 1]..<columns.count
        let sorted = row.map { (columns[$0], values[$0]) }.sorted { $0.0 < $1.0 }
        precondition(zip(sorted, sorted.dropFirst()).allSatisfy { $0.0 < $1.0 }, "a column comes twice")
        precondition(sorted.first.map { $0.0 >= 0 } ?? true, "a column is negative")
        for (place, entry) in zip(row, sorted) { (columns[place], values[place]) = entry }
    }

    /// The entries of row `index`: places in `columns` and `values`.
    public func entries(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }
    /// The columns of row `index`.
    public func columns(_ index: Int) -> ArraySlice<Int32> { columns[entries(index)] }
    /// The numbers of row `index`.
    public func values(_ index: Int) -> ArraySlice<Float> { values[entries(index)] }
}
