// The likelihood of what a row answers: the mean of −log p over its target tokens.

public import Datasets
import Foundation
public import Models

/// Cross-entropy of the next token, where it carries loss. A long answer counts for more than a short one, by its tokens.
public struct CrossEntropyObjective: Objective {
    public let unit = ExampleUnit.sequence
    /// e to the power of the loss, and the share of targets that are the most likely token.
    public let measures = [
        Measure("perplexity", higherIsBetter: false, digits: 3) { $0.meanLoss.map { exp($0) } },
        Measure.mean("token_accuracy"),
    ]

    public init() {}

    public func weight(targets: Int) -> Int { targets }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        let losses = try pass.run { rows in
            try rows.tokenLosses(weights: pass.gradientScale.map { Array(repeating: $0, count: rows.rows.count) })
        }
        return LossSums(
            units: losses.sums.indices.map {
                NamedSums(
                    loss: losses.sums[$0], weight: losses.counts[$0],
                    ["token_accuracy": Double(losses.firstChoices[$0])])
            })
    }
}
