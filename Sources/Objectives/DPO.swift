// Direct preference optimisation, the sigmoid loss (Rafailov et al., "Direct Preference Optimization: Your Language Model is
// Secretly a Reward Model", 2023, equation 7).

public import Datasets
import Foundation
public import Models

/// Learns from pairs that the first answer is the better one: the mean over pairs of
///
/// −log σ(β · ((log π(chosen) − log π(rejected)) − (log ref(chosen) − log ref(rejected)))),
///
/// where log π is the sum over an answer's tokens, and ref is the model without its adapters: the same weights under another binding.
/// A reward is β · (log π − log ref) of an answer.
public struct DPO: Objective {
    public let unit = ExampleUnit.pair
    /// The mean rewards, the share of pairs whose chosen answer has the higher one, and the mean of how much higher it is.
    public let measures = [
        Measure.mean("rewards_chosen", isToldInSteps: true),
        Measure.mean("rewards_rejected", isToldInSteps: true, higherIsBetter: false),
        Measure.mean("rewards_accuracy", isToldInSteps: true, isCompared: true),
        Measure.mean("rewards_margin", isToldInSteps: true, isCompared: true),
    ]
    /// How strongly the model is held to the reference: the larger, the closer it stays.
    public let beta: Double

    public init(beta: Double) { self.beta = beta }

    public func weight(targets: Int) -> Int { 1 }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        let reference = try pass.tokenLosses(under: .none).sums
        return try pass.run { rows in
            let losses = try rows.tokenLosses()
            let pairs = (0..<losses.sums.count / 2).map { pair in
                func logRatio(_ example: Int) -> Double { reference[example] - losses.sums[example] }
                return Pair(chosen: beta * logRatio(2 * pair), rejected: beta * logRatio(2 * pair + 1))
            }
            if let scale = pass.gradientScale {
                // By the loss of one token, −log π: for chosen answers down, for rejected ones up.
                let weights = pairs.enumerated().flatMap { number, pair in
                    let weight = Float(beta * pair.slope * Double(scale))
                    return Array(repeating: weight, count: losses.counts[2 * number])
                        + Array(repeating: -weight, count: losses.counts[2 * number + 1])
                }
                _ = try rows.tokenLosses(weights: weights)
            }
            return LossSums(units: pairs.map(\.sums))
        }
    }

    /// The rewards of a pair's answers.
    private struct Pair {
        let chosen: Double
        let rejected: Double

        var margin: Double { chosen - rejected }
        /// −log σ(margin), without an overflow.
        var loss: Double { log1p(exp(-abs(margin))) + max(-margin, 0) }
        /// σ(−margin): how much the loss falls with the margin.
        var slope: Double { margin >= 0 ? exp(-margin) / (1 + exp(-margin)) : 1 / (1 + exp(margin)) }

        var sums: NamedSums {
            NamedSums(
                loss: loss, weight: 1,
                [
                    "rewards_chosen": chosen, "rewards_rejected": rejected,
                    "rewards_accuracy": chosen > rejected ? 1 : 0, "rewards_margin": margin,
                ])
        }
    }
}
