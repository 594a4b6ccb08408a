// A matrix of an adapter: its name, its sizes and its start.

public import Tensors

/// A matrix that a method has on a layer.
public struct AdapterState: Sendable {
    /// Its numbers before training.
    public enum Start: Sendable {
        case zero
        /// The same number throughout.
        case constant(Float)
        /// Uniform between minus and plus the bound.
        case uniform(Double)
        /// Normal around 0 with that deviation.
        case normal(Double)
        /// What the function makes of the frozen weight `[out, in]` and of the factors beside it.
        case fromWeight(@Sendable (_ weight: FrozenTensor, _ adapter: LowRankAdapter, _ values: Matrix) -> Void)
    }

    /// What PEFT calls it, after the module's path: `lora_A.weight`.
    public let name: String
    public let rows: Int
    public let columns: Int
    /// Whether files hold it as `[columns]`, for its one row.
    public let isVector: Bool
    public let start: Start
    /// What all layers have one of, whose random start follows from a seed of its own and which no optimiser changes; nil: the layer's own,
    /// and trained.
    public let sharedSeed: UInt64?
    /// What a training keeps between its steps: it is in checkpoints, and in no adapter's file.
    public let isNote: Bool

    /// A matrix `[rows, columns]`.
    public init(_ name: String, rows: Int, columns: Int, start: Start, sharedSeed: UInt64? = nil) {
        (self.name, self.rows, self.columns, self.start) = (name, rows, columns, start)
        self.sharedSeed = sharedSeed
        (isVector, isNote) = (false, false)
    }

    /// What is kept of each number of `state`.
    init(_ name: String, notedOf state: AdapterState, start: Start = .zero) {
        (self.name, rows, columns, self.start) = (name, state.rows, state.columns, start)
        (isVector, isNote, sharedSeed) = (false, true, nil)
    }

    /// `count` numbers, one row `[1, count]`.
    public init(_ name: String, count: Int, start: Start) {
        (self.name, self.rows, self.columns, self.start) = (name, 1, count, start)
        sharedSeed = nil
        (isVector, isNote) = (true, false)
    }

    /// Its shape in files.
    public var shape: Shape { isVector ? [columns] : [rows, columns] }

    /// Whether all layers have it together.
    public var isShared: Bool { sharedSeed != nil }
}
