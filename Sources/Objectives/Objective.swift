// What a model learns from its rows.

public import Datasets
public import Models

/// What stands between forward and backward: it looks at the rows that carry loss, says what it counted by name, and leaves the
/// gradient at these rows.
///
/// An objective is a value: it may ask for passes under other adapters, but keeps nothing between batches. So a step does not depend
/// on how it is cut.
public protocol Objective: Sendable {
    /// What one loss is of.
    var unit: ExampleUnit { get }
    /// What its sums come to, beside the mean loss, in the order in which they are told.
    var measures: [Measure] { get }
    /// What a unit of `targets` target tokens counts in the mean of the losses: tokens, or one for each pair.
    func weight(targets: Int) -> Int
    /// Whether its batches are answers, several to a prompt, of which it looks at nothing but the targets.
    var looksAtAnswersOnly: Bool { get }
    /// The batch of whole units, as its passes read them.
    /// - Parameter sequences: the number that each sequence has in its source.
    func batch(_ examples: [TokenizedExample], sequences: [Int]?) -> TokenBatch
    /// The batches of one step, each with what it must know of the others: counts, and no more.
    func joined(_ batches: [TokenBatch]) -> [TokenBatch]
    /// Runs what passes it needs of a batch of whole units; goes back where the pass does.
    /// - Throws: `ModelError` for a loss that is not finite.
    func sums(_ pass: ObjectivePass) throws -> LossSums
}

/// A number that the sums of an objective come to, as it is told.
public struct Measure: Sendable {
    /// As the command's JSON and logs name it.
    public let name: String
    /// Whether it is told with each step and each evaluation between steps; it is always told of base and adapter at the end.
    public let isToldInSteps: Bool
    /// Whether base and adapter are compared by it, with an interval; it is then the mean of the sum of its name.
    public let isCompared: Bool
    public let higherIsBetter: Bool
    /// Decimals with which people are told.
    public let digits: Int
    /// Of sums over any set of units; nil where they allow none.
    public let value: @Sendable (NamedSums) -> Double?

    public init(
        _ name: String, isToldInSteps: Bool = false, isCompared: Bool = false, higherIsBetter: Bool = true,
        digits: Int = 4, value: @escaping @Sendable (NamedSums) -> Double?
    ) {
        self.name = name
        self.isToldInSteps = isToldInSteps
        self.isCompared = isCompared
        self.higherIsBetter = higherIsBetter
        self.digits = digits
        self.value = value
    }

    /// The mean of the sum of that name.
    public static func mean(
        _ name: String, isToldInSteps: Bool = false, isCompared: Bool = false, higherIsBetter: Bool = true
    ) -> Measure {
        Measure(
            name, isToldInSteps: isToldInSteps, isCompared: isCompared, higherIsBetter: higherIsBetter
        ) { $0.mean(name) }
    }
}

extension Objective {
    /// What a step and an evaluation between steps tell beside the loss.
    public func told(_ sums: NamedSums) -> [MeasuredValue] {
        measures.filter(\.isToldInSteps).compactMap { measure in
            // Of what was counted by another of its losses there is nothing to tell.
            measure.value(sums).map { MeasuredValue(name: measure.name, value: $0) }
                ?? (sums.weight > 0 ? nil : MeasuredValue(name: measure.name, value: .nan))
        }
    }

    public var looksAtAnswersOnly: Bool { false }

    public func batch(_ examples: [TokenizedExample], sequences: [Int]?) -> TokenBatch {
        TokenBatch(of: examples, sequences: sequences)
    }

    public func joined(_ batches: [TokenBatch]) -> [TokenBatch] { batches }
}

/// A measure's value.
public struct MeasuredValue: Sendable, Equatable, Codable {
    public var name: String
    public var value: Double

    public init(name: String, value: Double) {
        self.name = name
        self.value = value
    }
}
