// What a model scored on held-out rows. Everything is a sum a row, so that any set of rows has its loss without a second pass.

public import Objectives

/// The scores of all rows of a held-out set, in the rows' order.
public struct HeldOutScores: Sendable, Equatable {
    /// Of each row, or of each unit; nothing where it has no targets.
    public let rows: [NamedSums]
    public let total: NamedSums
    /// Which of the held-out rows each is, ascending.
    public let numbers: [Int]

    /// - Parameter numbers: nil: all of them.
    public init(rows: [NamedSums], numbers: [Int]? = nil) {
        self.rows = rows
        self.numbers = numbers ?? Array(rows.indices)
        precondition(self.numbers.count == rows.count)
        total = rows.reduce(into: NamedSums()) { $0 += $1 }
    }

    /// Σ losses / Σ weights over all rows: the mean of a target token, or of a pair; nil where no row counts.
    public var loss: Double? { total.meanLoss }

    /// Those rows alone that fulfil `condition`.
    public func restricted(to condition: (_ number: Int) -> Bool) -> HeldOutScores {
        let kept = numbers.indices.filter { condition(numbers[$0]) }
        return HeldOutScores(rows: kept.map { rows[$0] }, numbers: kept.map { numbers[$0] })
    }
}
