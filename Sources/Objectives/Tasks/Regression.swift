// A number for each text: the squared distance from the one that is wanted.

public import Datasets
import Foundation
public import Models

/// Learns a number for each text: the mean of (answer − wanted)².
public struct Regression: Objective {
    public let unit = ExampleUnit.sequence
    /// The root of the loss, and the mean distance.
    public let measures = [
        Measure("rmse", higherIsBetter: false) { $0.meanLoss.map { $0.squareRoot() } },
        Measure.mean("mae", isToldInSteps: true, isCompared: true, higherIsBetter: false),
    ]

    public init() {}

    public func weight(targets: Int) -> Int { 1 }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        try pass.run { rows in
            var units: [NamedSums] = []
            let wanted = rows.wanted
            try rows.forEachAnswer(goesBack: pass.gradientScale != nil) { answer in
                let distance = Double(answer.values[0]) - Double(wanted[answer.row][0])
                if let scale = pass.gradientScale { answer.slopes?[0] = Float(2 * distance * Double(scale)) }
                units.append(
                    NamedSums(
                        loss: distance * distance, weight: 1,
                        ["mae": abs(distance)], answers: answer.kept(in: pass)))
            }
            try rows.checkFinite(units.map(\.lossSum))
            return LossSums(units: units)
        }
    }
}
