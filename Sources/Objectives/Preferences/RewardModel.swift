// A head that gives an answer after its prompt a number, learnt from pairs (Bradley and Terry, "Rank Analysis of Incomplete Block Designs",
// 1952): how likely the one is to be better than the other follows from how far their numbers are apart.

public import Datasets
import Foundation
public import Models

/// Learns rewards: the mean over pairs of −log σ(reward of chosen − reward of rejected − margin).
public struct RewardModel: Objective {
    public let unit = ExampleUnit.pair
    /// What the square of a pair's summed rewards counts, so that they stay about 0.
    public let centering: Double

    public init(centering: Double = 0) { self.centering = centering }

    /// Rewards, how often that of the chosen answer is the higher one and by how much.
    public let measures: [Measure] = [
        .mean("rewards_chosen", isToldInSteps: true),
        .mean("rewards_rejected", isToldInSteps: true, higherIsBetter: false),
        .mean("rewards_accuracy", isToldInSteps: true, isCompared: true),
        .mean("rewards_margin", isToldInSteps: true, isCompared: true),
    ]

    public func weight(targets: Int) -> Int { 1 }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        try pass.run { rows in
            var rewards: [Double] = []
            try rows.forEachAnswer(goesBack: false) { rewards.append(Double($0.values[0])) }
            // A margin stands with the chosen answer.
            let margins = stride(from: 0, to: rewards.count, by: 2).map { Double(rows.wanted[$0].first ?? 0) }
            let pairs = losses(of: rewards, margins: margins)
            if let scale = pass.gradientScale {
                try rows.forEachAnswer(goesBack: true) { answer in
                    let pair = pairs[answer.row / 2]
                    let slope = answer.row % 2 == 0 ? pair.chosenSlope : pair.rejectedSlope
                    answer.slopes?[0] = Float(slope * Double(scale))
                }
            }
            try rows.checkFinite(pairs.map(\.loss))
            return LossSums(
                units: pairs.enumerated().map { number, pair in
                    let chosen = rewards[2 * number], rejected = rewards[2 * number + 1]
                    return NamedSums(
                        loss: pair.loss, weight: 1,
                        [
                            "rewards_chosen": chosen, "rewards_rejected": rejected,
                            "rewards_accuracy": PairJudgement.share(chosen - rejected),
                            "rewards_margin": chosen - rejected,
                        ])
                })
        }
    }

    /// The losses of pairs by their rewards, the chosen answer's first, with the slopes by these.
    public func losses(of rewards: [Double], margins: [Double]) -> [PairLoss] {
        margins.enumerated().map { number, margin in
            let chosen = rewards[2 * number], rejected = rewards[2 * number + 1]
            let apart = Curve.negativeLogSigmoid(chosen - rejected - margin)
            let centred = centering * Curve.square(chosen + rejected)
            return PairLoss(
                loss: apart.value + centred.value, chosenSlope: apart.slope + centred.slope,
                rejectedSlope: centred.slope - apart.slope)
        }
    }
}
