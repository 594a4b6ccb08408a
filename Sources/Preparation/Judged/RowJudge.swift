// What steps ask of a model. Preparation knows none: whoever has one brings the answers.

public import JSON
public import Recipes

/// A step that asks a model, with its keys.
public enum JudgedStep: Sendable, Equatable {
    case select(SelectStep)
    case rank(RankStep)
}

/// Says of training rows what only a model can say.
public protocol RowJudge: AnyObject {
    /// A verdict on each of `rows`, in their order.
    ///
    /// - Parameter path: of the step in the recipe, for messages: "data.steps[2].select".
    func verdicts(on rows: WaitingRows, _ step: JudgedStep, path: String) throws -> [RowVerdict]
}

/// What a model says of one row.
public struct RowVerdict: Sendable, Equatable {
    /// How far in front the row stands in the list: the nearest to what is wanted, or the worst; `nil` where it cannot be judged.
    public var score: Double?
    /// What else a person is told of it, in a fixed order.
    public var facts: JSONObject

    public init(score: Double?, facts: JSONObject = JSONObject()) {
        self.score = score
        self.facts = facts
    }
}

/// Training rows that wait for a verdict, most of them on disk.
public struct WaitingRows {
    private let spool: RowSpool
    /// Their numbers among the rows of the spool.
    private let numbers: ChunkedArray<Int>

    init(_ spool: RowSpool, numbers: ChunkedArray<Int>) {
        self.spool = spool
        self.numbers = numbers
    }

    public var count: Int { numbers.count }

    public func row(_ index: Int) throws -> Row { try spool.row(numbers[index]) }

    /// All rows in order.
    public func forEach(_ body: (Int, Row) throws -> Void) throws {
        var next = 0
        try spool.forEach { number, row in
            guard next < numbers.count, numbers[next] == number else { return }
            try body(next, row)
            next += 1
        }
    }
}

/// Where lists of rows go.
public protocol RowLists: AnyObject {
    /// Makes the file `name` of what `body` puts, whole or not at all.
    func write(_ name: String, _ body: (_ put: ([UInt8]) throws -> Void) throws -> Void) throws
}
