// A metric as sums over rows, so that any set of rows, drawn again or not, has its value without a second pass.

/// What a metric knows of each row: numbers that are added up, and what the sums say.
public struct RowMetric: Sendable {
    /// As the command's JSON names it: "loss", "rouge_l".
    public let name: String
    /// Whether a larger value is a better one.
    public let higherIsBetter: Bool
    /// Which of the held-out rows each row is, ascending.
    public private(set) var numbers: [Int]
    /// Rows without which the value would be the same do not count.
    private let counts: [Bool]
    /// What each row adds, and to which of the sums: the entries of row r stand from `starts[r]` to before `starts[r + 1]`.
    private let starts: [Int]
    private let columns: [Int]
    private let values: [Double]
    /// How many sums there are.
    let width: Int
    /// Whether the value is the first of two sums over the second.
    var isRatio = false
    /// Of the sums; nil where they allow none.
    let valueOfSums: @Sendable (UnsafeBufferPointer<Double>) -> Double?

    /// - Parameter rows: what each row adds to all of the sums.
    init(
        _ name: String, higherIsBetter: Bool, rows: [[Double]], width: Int, counts: [Bool]? = nil,
        valueOfSums: @escaping @Sendable (UnsafeBufferPointer<Double>) -> Double?
    ) {
        precondition(rows.allSatisfy { $0.count == width })
        self.init(
            name, higherIsBetter: higherIsBetter, entries: rows.map { $0.enumerated().map { ($0.offset, $0.element) } },
            width: width, counts: counts, valueOfSums: valueOfSums)
    }

    /// - Parameter entries: of each row, which sums it adds to, and what; a row may add to a few of many.
    init(
        _ name: String, higherIsBetter: Bool, entries: [[(column: Int, value: Double)]], width: Int,
        counts: [Bool]? = nil, numbers: [Int]? = nil,
        valueOfSums: @escaping @Sendable (UnsafeBufferPointer<Double>) -> Double?
    ) {
        self.name = name
        self.higherIsBetter = higherIsBetter
        self.width = width
        self.counts = counts ?? [Bool](repeating: true, count: entries.count)
        self.numbers = numbers ?? Array(entries.indices)
        self.valueOfSums = valueOfSums
        var starts = [0]
        for row in entries { starts.append(starts[starts.count - 1] + row.count) }
        self.starts = starts
        columns = entries.flatMap { $0.map(\.column) }
        values = entries.flatMap { $0.map(\.value) }
        precondition(columns.allSatisfy { $0 < width })
        precondition(self.numbers.count == entries.count && self.counts.count == entries.count)
    }

    /// Rows that count.
    public var rowCount: Int { counts.count { $0 } }

    /// Rows, those that do not count included.
    var allRows: Int { numbers.count }

    /// Adds row `row` to `sums`.
    func add(_ row: Int, to sums: UnsafeMutableBufferPointer<Double>) {
        for entry in starts[row]..<starts[row + 1] { sums[columns[entry]] += values[entry] }
    }

    /// The value over all rows; nil for none.
    public var value: Double? { value(over: 0..<allRows) }

    /// The value of the held-out row `number` alone; nil where the metric has no such row or no value of one.
    public func value(ofRow number: Int) -> Double? {
        guard let row = index(of: number) else { return nil }
        return value(over: row..<(row + 1))
    }

    private func value(over rows: Range<Int>) -> Double? {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { sums in
            sums.initialize(repeating: 0)
            for row in rows { add(row, to: sums) }
            return valueOfSums(UnsafeBufferPointer(sums))
        }
    }

    /// The place of a held-out row among the metric's, found by halving.
    private func index(of number: Int) -> Int? {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < numbers.count && numbers[low] == number ? low : nil
    }
}

// MARK: - Some of the rows, rows together

extension RowMetric {
    /// The same metric; its rows are the held-out rows `numbers`.
    public func numbered(_ numbers: [Int]) -> RowMetric {
        precondition(numbers.count == allRows && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        var copy = self
        copy.numbers = numbers
        return copy
    }

    /// The metric over those held-out rows alone that fulfil `condition`.
    public func restricted(to condition: (_ number: Int) -> Bool) -> RowMetric {
        let kept = numbers.indices.filter { condition(numbers[$0]) }
        return RowMetric(
            name, higherIsBetter: higherIsBetter, entries: kept.map(entries), width: width,
            counts: kept.map { counts[$0] }, numbers: kept.map { numbers[$0] }, valueOfSums: valueOfSums)
    }

    /// Whether two sides can be compared row by row.
    public func isComparable(to other: RowMetric) -> Bool {
        name == other.name && width == other.width && numbers == other.numbers && rowCount == other.rowCount
    }

    /// The metric with each cluster of rows as one row, in the order of their first rows.
    ///
    /// - Parameter clusters: of each held-out row, which cluster it belongs to.
    func grouped(by clusters: [Int]) -> RowMetric {
        var places: [Int: Int] = [:]
        var groups: [(first: Int, entries: [(column: Int, value: Double)], counts: Bool)] = []
        for row in numbers.indices {
            let cluster = clusters[numbers[row]]
            if let place = places[cluster] {
                groups[place].entries += entries(row)
                groups[place].counts = groups[place].counts || counts[row]
            } else {
                places[cluster] = groups.count
                groups.append((numbers[row], entries(row), counts[row]))
            }
        }
        return RowMetric(
            name, higherIsBetter: higherIsBetter, entries: groups.map(\.entries), width: width,
            counts: groups.map(\.counts), numbers: groups.map(\.first), valueOfSums: valueOfSums)
    }

    private func entries(_ row: Int) -> [(column: Int, value: Double)] {
        (starts[row]..<starts[row + 1]).map { (columns[$0], values[$0]) }
    }
}

extension RowMetric {
    /// The mean of one number a row: the share of right answers, the mean of a score.
    public static func mean(_ name: String, _ values: [Double], higherIsBetter: Bool = true) -> RowMetric {
        ratio(
            name, values.enumerated().map { RowRatio(number: $0.offset, sum: $0.element, weight: 1) },
            higherIsBetter: higherIsBetter)
    }
}
