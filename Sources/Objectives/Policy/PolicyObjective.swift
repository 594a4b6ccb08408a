// What objectives that learn from answers of the model's own have in common.

public import Datasets
public import Models

/// An objective of answers that the model wrote, each with what is known of it.
public protocol PolicyObjective: Objective {}

extension PolicyObjective {
    public var unit: ExampleUnit { .sequence }
    public var looksAtAnswersOnly: Bool { true }

    public func batch(_ examples: [TokenizedExample], sequences: [Int]?) -> TokenBatch {
        TokenBatch(written: examples, sequences: sequences)
    }
}
