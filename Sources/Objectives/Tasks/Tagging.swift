// A class for each word of a text, at the word's first token.

public import Datasets
public import Models

/// Learns the class of each word: the mean of −log p(class) over words.
public struct Tagging: Objective {
    public let unit = ExampleUnit.sequence
    /// The share of words whose class is the likeliest.
    public let measures = [Measure.mean("tag_accuracy", isToldInSteps: true, isCompared: true)]
    public let loss: ClassLoss

    public init(_ loss: ClassLoss = ClassLoss()) { self.loss = loss }

    public func weight(targets: Int) -> Int { targets }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        try pass.run { rows in
            let wanted = rows.wanted.flatMap { $0 }, shares = rows.taskHead?.shares ?? []
            var losses: [Double] = []
            var rights: [Double] = []
            try rows.forEachAnswer(goesBack: pass.gradientScale != nil) { answer in
                let place = Int(wanted[answer.row])
                losses.append(
                    loss.loss(
                        answer.values, wanted: place, weight: loss.weight(of: place, shares: shares),
                        slopes: answer.slopes, scale: Double(pass.gradientScale ?? 0)))
                rights.append(answer.values.firstLargest == place ? 1 : 0)
            }
            guard !losses.isEmpty else { return LossSums() }
            let sums = rows.sums(losses), right = rows.sums(rights), counts = rows.counts
            try rows.checkFinite(sums)
            return LossSums(
                units: sums.indices.map {
                    NamedSums(loss: sums[$0], weight: counts[$0], ["tag_accuracy": right[$0]])
                })
        }
    }
}
