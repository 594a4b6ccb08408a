import Foundation
import Models
import Selection
import Tensors
import TestSupport
import Testing
import WeightFiles

/// Labels that follow from numbers, and the numbers that a base gives.
@Suite struct LabelRegressionTests {
    /// 120 rows of three labels, 40 numbers each: three of them say the label, more or less, the others nothing.
    private static let given = (0..<120).map { $0 % 3 }
    private static let states = given.enumerated().map { row, label in
        let random = RandomStream(seed: 5, purpose: .probe)
        return (0..<40).map { place in
            Float(random.uniform(stream: UInt32(row), index: UInt64(place)) - 0.5) * 2 + (place == label ? 3 : 0)
        }
    }
    private static let folds = Folds(rows: 120, count: 4, seed: 1)

    private static func probabilities(_ given: [Int], _ states: [[Float]] = states) -> [[Double]] {
        LabelRegression.probabilities(states, given: given, labels: 3, folds) { _ in }
    }

    @Test func wrongLabelsStandOut() {
        var given = Self.given
        let wrong = [7, 64]
        for row in wrong { given[row] = (given[row] + 1) % 3 }
        let confidence = LabelConfidence(probabilities: Self.probabilities(given), given: given)
        let worst = given.indices.sorted { (confidence.wrongness($0) ?? 0) > (confidence.wrongness($1) ?? 0) }
        #expect(Set(wrong).isSubset(of: worst.prefix(12)))
        for row in wrong { #expect([nil, Self.given[row]].contains(confidence.suggestion(row))) }
    }

    /// What a row bears changes what is told of rows of other folds, nothing of its own fold's.
    @Test func noRowIsToldByItself() {
        var given = Self.given
        given[7] = (given[7] + 1) % 3
        let (before, after) = (Self.probabilities(Self.given), Self.probabilities(given))
        for row in given.indices {
            if Self.folds.fold[row] == Self.folds.fold[7] {
                #expect(before[row] == after[row])
            } else if Self.given[row] == Self.given[7] || Self.given[row] == given[7] {
                // Of the third label, which the row never bears, nothing changes.
                #expect(before[row] != after[row])
            }
        }
    }

    @Test func theyAreProbabilitiesInAnyUnits() {
        let told = Self.probabilities(Self.given)
        #expect(told.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-12 && $0.allSatisfy { $0 > 0 } })
        // Units and zeros of the numbers say nothing.
        let others = Self.probabilities(
            Self.given, Self.states.map { row in row.enumerated().map { $1 * Float(1 << ($0 % 7)) + 64 } })
        for (row, other) in zip(told, others) {
            #expect(zip(row, other).allSatisfy { abs($0 - $1) < 1e-3 })
        }
        // A number that never changes tells nothing, and is no trap.
        let same = LabelRegression.probabilities(
            Self.states.map { _ in [3, 3] }, given: Self.given, labels: 3, Self.folds
        ) { _ in }
        for row in Self.given.indices {
            let others = Self.given.indices.filter { Self.folds.fold[$0] != Self.folds.fold[row] }
            for label in 0..<3 {
                let share = Double(others.count { Self.given[$0] == label }) / Double(others.count)
                #expect(abs(same[row][label] - share) < 1e-12)
            }
        }
    }

    /// A prompt's states are its own, whatever is read beside it.
    @Test func statesAreOfThePromptAlone() throws {
        let source = try openWeights(TinyModel.gguf)
        let model = try LanguageModel(
            configuration: try ModelConfiguration(of: source), weights: source, precision: .f32)
        let prompts: [[Int32]] = [[1, 5, 9, 40, 7], [], [1, 80], [1, 5, 9, 40, 8, 3, 30]]
        func means(_ limit: Int) throws -> [[Float]?] {
            try PromptStates(model, rowLimit: limit, workspace: Workspace()).means(of: prompts)
        }
        let alone = try means(1)
        #expect(alone == (try means(256)) && alone[1] == nil)
        #expect(alone[0]?.count == model.configuration.width && alone[0] != alone[3])
    }
}
