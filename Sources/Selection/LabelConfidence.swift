// Which labels are likely wrong, by probabilities from a model that did not learn from them (Northcutt, Jiang and Chuang, "Confident
// Learning: Estimating Uncertainty in Dataset Labels", 2021, section 3).

internal import Foundation

/// The labels of rows, and what a model thinks of them.
///
/// A model is surer of some labels than of others. So a label counts by how far its probability lies above the mean of what it has in the
/// rows that bear it: the threshold of confident learning.
public struct LabelConfidence: Sendable {
    /// Of each row: the probabilities of all labels.
    private let probabilities: [[Double]]
    /// Of each row: the number of the label that it bears.
    private let given: [Int]
    /// Of each label the mean of its probability in the rows that bear it; nil for a label that no row bears.
    public let thresholds: [Double?]

    /// - Precondition: as many given labels as rows, each one of those that have probabilities.
    public init(probabilities: [[Double]], given: [Int]) {
        precondition(probabilities.count == given.count)
        var sums = [Double](repeating: 0, count: probabilities.first?.count ?? 0)
        var counts = sums
        for (row, label) in zip(probabilities, given) {
            sums[label] += row[label]
            counts[label] += 1
        }
        thresholds = zip(sums, counts).map { $1 > 0 ? $0 / $1 : nil }
        self.probabilities = probabilities
        self.given = given
    }

    /// The probabilities of labels whose answers have these losses: their likelihoods, brought to a sum of 1.
    public static func probabilities(lossSums: [Double]) -> [Double] {
        let least = lossSums.min() ?? 0
        let likelihoods = lossSums.map { exp(least - $0) }
        let sum = likelihoods.reduce(0, +)
        return likelihoods.map { $0 / sum }
    }

    /// How far the best other label of a row is ahead of the one that it bears, each measured from its threshold: from −2 to 2, and above 0
    /// where another label fits better. Nil where there is no other label.
    public func wrongness(_ row: Int) -> Double? {
        let own = probabilities[row][given[row]] - (thresholds[given[row]] ?? 0)
        return thresholds.indices.filter { $0 != given[row] }
            .compactMap { label in thresholds[label].map { probabilities[row][label] - $0 } }.max().map { $0 - own }
    }

    /// The label that a row confidently has, where it is another than the one that it bears: the likeliest of those whose probability
    /// reaches their threshold.
    public func suggestion(_ row: Int) -> Int? {
        let confident = thresholds.indices.filter { label in
            thresholds[label].map { probabilities[row][label] >= $0 } ?? false
        }
        let likeliest = confident.max { probabilities[row][$0] < probabilities[row][$1] }
        return likeliest == given[row] ? nil : likeliest
    }

    /// The probability of the label that a row bears.
    public func probabilityGiven(_ row: Int) -> Double { probabilities[row][given[row]] }
}
