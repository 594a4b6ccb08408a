// One class for each text: cross entropy over the head's answers.

public import Datasets
public import Models

/// Learns which class each text is of: the mean of −log p(class) over texts.
public struct Classification: Objective {
    public let unit = ExampleUnit.sequence
    /// The share of texts whose class is the likeliest.
    public let measures = [Measure.mean("accuracy", isToldInSteps: true, isCompared: true)]
    public let loss: ClassLoss

    public init(_ loss: ClassLoss = ClassLoss()) { self.loss = loss }

    public func weight(targets: Int) -> Int { 1 }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        try pass.run { rows in
            var units: [NamedSums] = []
            let wanted = rows.wanted, shares = rows.taskHead?.shares ?? []
            try rows.forEachAnswer(goesBack: pass.gradientScale != nil) { answer in
                let place = Int(wanted[answer.row][0])
                let value = loss.loss(
                    answer.values, wanted: place, weight: loss.weight(of: place, shares: shares),
                    slopes: answer.slopes, scale: Double(pass.gradientScale ?? 0))
                units.append(
                    NamedSums(
                        loss: value, weight: 1,
                        ["accuracy": answer.values.firstLargest == place ? 1 : 0], answers: answer.kept(in: pass)))
            }
            try rows.checkFinite(units.map(\.lossSum))
            return LossSums(units: units)
        }
    }
}

extension UnsafeBufferPointer<Float> {
    /// The place of the largest number, the first of equals.
    var firstLargest: Int { indices.reduce(0) { self[$1] > self[$0] ? $1 : $0 } }
}
