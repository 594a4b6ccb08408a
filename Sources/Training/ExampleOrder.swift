// Which examples each step trains on: a function of the seed and the step's number, so a resumed run needs no iterator.

import Datasets

/// The examples of every step of a run. Each epoch visits each example once, in an order of its own or, unshuffled, in the
/// rows' order; the last step of an epoch takes what is left.
public struct ExampleOrder: Sendable {
    public let exampleCount: Int
    public let batchSize: Int
    public let seed: UInt64
    public let shuffles: Bool
    private var permutation: (epoch: Int, order: [Int])?

    /// - Precondition: at least one example, a positive batch size.
    public init(exampleCount: Int, batchSize: Int, seed: UInt64, shuffles: Bool = true) {
        precondition(exampleCount > 0 && batchSize > 0)
        self.exampleCount = exampleCount
        self.batchSize = batchSize
        self.seed = seed
        self.shuffles = shuffles
    }

    public var stepsPerEpoch: Int { (exampleCount + batchSize - 1) / batchSize }

    /// The steps of `epochs` passes over the examples, rounded up.
    ///
    /// No more than anybody can wait for, so that what is computed from them overflows nowhere.
    public func steps(epochs: Double) -> Int {
        Int(min((epochs * Double(stepsPerEpoch)).rounded(.up), Double(1 << 40)))
    }

    /// The epoch, counted from 0, of the step that comes after `completedSteps` steps, and its first place in that epoch.
    public func cursor(afterSteps completedSteps: Int) -> (epoch: Int, position: Int) {
        let (epoch, step) = completedSteps.quotientAndRemainder(dividingBy: stepsPerEpoch)
        return (epoch, step * batchSize)
    }

    /// The examples of the step that comes after `completedSteps` steps.
    public mutating func examples(afterSteps completedSteps: Int) -> [Int] {
        let (epoch, position) = cursor(afterSteps: completedSteps)
        let end = min(position + batchSize, exampleCount)
        guard shuffles else { return Array(position..<end) }
        if permutation?.epoch != epoch {
            permutation = (epoch, epochOrder(seed: Int(truncatingIfNeeded: seed), epoch: epoch, count: exampleCount))
        }
        let order = permutation?.order ?? []
        return Array(order[position..<end])
    }
}
