// Any number of classes for each text: each is right or wrong by itself.

public import Datasets
public import Models

/// Learns for each class whether a text is of it: the mean over texts and classes of the binary cross entropy.
public struct MultiLabelClassification: Objective {
    public let unit = ExampleUnit.sequence
    /// The share of texts of which all classes are answered rightly, each from a probability of a half on.
    public let measures = [Measure.mean("exact_match", isToldInSteps: true, isCompared: true)]
    public let loss: ClassLoss

    public init(_ loss: ClassLoss = ClassLoss()) { self.loss = loss }

    public func weight(targets: Int) -> Int { 1 }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        try pass.run { rows in
            var units: [NamedSums] = []
            let wanted = rows.wanted
            try rows.forEachAnswer(goesBack: pass.gradientScale != nil) { answer in
                let own = wanted[answer.row], count = Double(answer.values.count)
                precondition(
                    own.allSatisfy { answer.values.indices.contains(Int($0)) }, "the head has not all classes of a row")
                var (sum, isRight) = (0.0, true)
                for place in answer.values.indices {
                    let isWanted = own.contains(Float(place))
                    let (value, slope) = loss.loss(Double(answer.values[place]), isWanted: isWanted)
                    sum += value
                    if isWanted != (answer.values[place] >= 0) { isRight = false }
                    if let scale = pass.gradientScale { answer.slopes?[place] = Float(slope * Double(scale) / count) }
                }
                units.append(
                    NamedSums(
                        loss: sum / count, weight: 1,
                        ["exact_match": isRight ? 1 : 0], answers: answer.kept(in: pass)))
            }
            try rows.checkFinite(units.map(\.lossSum))
            return LossSums(units: units)
        }
    }
}
