// Sequences taken together as what one loss is of.

/// What one loss is of: what stays together when a step is cut, and what a batch's size counts.
public enum ExampleUnit: Sendable {
    /// A sequence by itself.
    case sequence
    /// The two answers of a row, the better one first.
    case pair
    /// A sequence by itself whose answer is rated.
    case rated

    /// Sequences in one.
    public var sequences: Int {
        switch self {
        case .sequence, .rated: 1
        case .pair: 2
        }
    }
}

/// The units of a source, by number, in the rows' order.
public struct ExampleUnits: Sendable {
    public let unit: ExampleUnit
    public let examples: any ExampleSource

    /// - Precondition: the sequences of a unit stand one after the other.
    public init(_ examples: any ExampleSource, of unit: ExampleUnit) {
        precondition(examples.count % unit.sequences == 0, "a unit lacks a sequence")
        self.examples = examples
        self.unit = unit
    }

    public var count: Int { examples.count / unit.sequences }
    /// Tokens of unit `index`, of all its sequences.
    public func tokenCount(_ index: Int) -> Int { sequences(index).reduce(0) { $0 + examples.tokenCount($1) } }
    /// Rows that unit `index` takes in a pass that has `ahead` rows before each sequence.
    public func rowCount(_ index: Int, ahead: Int) -> Int { tokenCount(index) + ahead * unit.sequences }
    /// Those of its tokens that carry loss.
    public func targetCount(_ index: Int) -> Int { sequences(index).reduce(0) { $0 + examples.targetCount($1) } }
    /// Where its row stands, for messages.
    public func place(_ index: Int) -> RowPlace { examples.place(index * unit.sequences) }
    /// The sequences of unit `index`.
    public func examples(_ index: Int) throws -> [TokenizedExample] { try sequences(index).map(examples.example) }
    /// Their numbers.
    public func sequences(_ index: Int) -> Range<Int> {
        index * unit.sequences..<(index + 1) * unit.sequences
    }
}
