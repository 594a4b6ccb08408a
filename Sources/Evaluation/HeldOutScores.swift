// What a model scored on held-out rows. Everything is a sum a row, so that any set of rows has its loss without a second pass.

public import Objectives

/// The scores of all rows of a held-out set, in the rows' order.
public struct HeldOutScores: Sendable, Equatable {
    /// Of each row, or of each unit; nothing where it has no targets.
    public let rows: [NamedSums]
    public let total: NamedSums

    public init(rows: [NamedSums]) {
        self.rows = rows
        total = rows.reduce(into: NamedSums()) { $0 += $1 }
    }

    /// Σ losses / Σ weights over all rows: the mean of a target token, or of a pair; nil where no row counts.
    public var loss: Double? { total.meanLoss }
}
