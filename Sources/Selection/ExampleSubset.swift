// Some of the sequences of a source, as a source.

public import Datasets
internal import Vocabulary

/// The sequences of a source with certain numbers, in their order.
public struct ExampleSubset: ExampleSource {
    private let source: any ExampleSource
    private let numbers: [Int]

    /// - Parameter numbers: of the sequences in `source`, ascending; those of a unit together.
    public init(_ source: any ExampleSource, _ numbers: [Int]) {
        self.source = source
        self.numbers = numbers
    }

    public var count: Int { numbers.count }
    public func tokenCount(_ index: Int) -> Int { source.tokenCount(numbers[index]) }
    public func targetCount(_ index: Int) -> Int { source.targetCount(numbers[index]) }
    public func place(_ index: Int) -> RowPlace { source.place(numbers[index]) }
    public func example(_ index: Int) throws -> TokenizedExample { try source.example(numbers[index]) }

    public func rowIndices() throws -> [Int] {
        let rows = try source.rowIndices()
        return numbers.map { rows[$0] }
    }
}
