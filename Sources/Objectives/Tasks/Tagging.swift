// A class for each word of a text, at the word's first token.

public import Datasets
internal import Foundation
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
            var answers: [TagAnswer] = []
            try rows.forEachAnswer(goesBack: pass.gradientScale != nil) { answer in
                let place = Int(wanted[answer.row])
                losses.append(
                    loss.loss(
                        answer.values, wanted: place, weight: loss.weight(of: place, shares: shares),
                        slopes: answer.slopes, scale: Double(pass.gradientScale ?? 0)))
                rights.append(answer.values.firstLargest == place ? 1 : 0)
                if pass.gradientScale == nil { answers.append(TagAnswer(answer.values)) }
            }
            guard !losses.isEmpty else { return LossSums() }
            let sums = rows.sums(losses), right = rows.sums(rights), counts = rows.counts
            try rows.checkFinite(sums)
            var rest = answers[...]
            return LossSums(
                units: sums.indices.map { unit in
                    defer { rest = rest.dropFirst(counts[unit]) }
                    return NamedSums(
                        loss: sums[unit], weight: counts[unit], ["tag_accuracy": right[unit]],
                        answers: TagAnswer.numbers(rest.prefix(counts[unit])))
                })
        }
    }
}

/// What the head said of a word: all that is kept of it, as a class for each word may be one of many.
public struct TagAnswer: Sendable, Equatable {
    /// The class that is likeliest, by its number.
    public let place: Int
    /// Its probability among all classes.
    public let probability: Double

    /// - Parameter values: a logit for each class.
    init(_ values: UnsafeBufferPointer<Float>) {
        place = values.firstLargest
        let largest = Double(values[place])
        probability = 1 / values.reduce(into: 0) { $0 += exp(Double($1) - largest) }
    }

    private init(place: Int, probability: Double) {
        self.place = place
        self.probability = probability
    }

    /// Two numbers for each word, as a unit's sums keep them.
    static func numbers(_ answers: some Sequence<TagAnswer>) -> [Double] {
        answers.flatMap { [Double($0.place), $0.probability] }
    }

    /// The answers that `numbers` keep.
    public static func answers(_ numbers: [Double]) -> [TagAnswer] {
        stride(from: 0, to: numbers.count - 1, by: 2).map {
            TagAnswer(place: Int(numbers[$0]), probability: numbers[$0 + 1])
        }
    }
}
