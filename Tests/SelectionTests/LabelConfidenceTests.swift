import Foundation
import Selection
import Testing

/// Folds, and labels that a model finds wrong.
@Suite struct LabelConfidenceTests {
    /// Two labels; the model is surer of the first one everywhere.
    private let confidence = LabelConfidence(
        probabilities: [[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.6, 0.4], [0.5, 0.5], [0.95, 0.05]],
        given: [0, 0, 0, 1, 1, 1])

    @Test func thresholdsAreMeansOfTheLabelsOwnRows() {
        let thresholds = confidence.thresholds.compactMap { $0 }
        #expect(abs(thresholds[0] - 0.7) < 1e-12 && abs(thresholds[1] - (0.4 + 0.5 + 0.05) / 3) < 1e-12)
    }

    /// Row 3 has 0.6 for the other label, and is right all the same: the model says so of most rows.
    @Test func labelsCountFromTheirThresholds() throws {
        let own = (0.4 + 0.5 + 0.05) / 3
        #expect(abs(try #require(confidence.wrongness(3)) - ((0.6 - 0.7) - (0.4 - own))) < 1e-12)
        #expect(try #require(confidence.wrongness(3)) < 0)
        let worst = (0..<6).sorted { (confidence.wrongness($0) ?? 0) > (confidence.wrongness($1) ?? 0) }
        #expect(worst.prefix(2) == [2, 5])
    }

    @Test func suggestionsAreConfident() {
        #expect((0..<6).map(confidence.suggestion) == [nil, nil, 1, nil, nil, 0])
        #expect(confidence.probabilityGiven(5) == 0.05)
    }

    @Test func aLabelThatNoRowBearsIsNeverSuggested() {
        let confidence = LabelConfidence(probabilities: [[0.1, 0.2, 0.7], [0.3, 0.1, 0.6]], given: [0, 1])
        #expect(confidence.thresholds[2] == nil)
        #expect((0..<2).allSatisfy { confidence.suggestion($0) != 2 })
        #expect(LabelConfidence(probabilities: [[1]], given: [0]).wrongness(0) == nil)
    }

    @Test func lossesBecomeProbabilities() {
        let probabilities = LabelConfidence.probabilities(lossSums: [1000, 1000 + log(3)])
        #expect(abs(probabilities[0] - 0.75) < 1e-12 && abs(probabilities[1] - 0.25) < 1e-12)
    }

    @Test func foldsAreEvenAndDrawnByTheSeed() {
        let folds = Folds(rows: 10, count: 4, seed: 3)
        #expect((0..<4).map { fold in folds.fold.count { $0 == fold } } == [3, 3, 2, 2])
        #expect(folds.fold == Folds(rows: 10, count: 4, seed: 3).fold)
        #expect(folds.fold != Folds(rows: 10, count: 4, seed: 4).fold)
        #expect(Folds(rows: 2, count: 4, seed: 1).count == 2)
    }
}
