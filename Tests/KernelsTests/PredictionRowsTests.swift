// Two models' predictions, tile by tile, against sums over whole rows in double.

import Foundation
import Kernels
import Tensors
import Testing

@Suite struct PredictionRowsTests {
    private static let vocabulary = 4000, rows = 7

    /// Logits that spread as a model's do; those of the second lie near the first's.
    private func logits(_ seed: UInt64, near other: [Float]? = nil, by step: Float = 8) -> [Float] {
        let random = RandomStream(seed: seed, purpose: .probe)
        return (0..<Self.rows * Self.vocabulary).map { index in
            (other?[index] ?? 0) + step * Float(random.uniform(stream: 0, index: UInt64(index)) - 0.5)
        }
    }

    private let targets = (0..<Int32(Self.rows)).map { ($0 * 577 + 1535) % Int32(Self.vocabulary) }

    private func compared(
        _ left: [Float], _ right: [Float], tile: Int, isLogProbability: Bool = false
    ) -> [PredictionComparison] {
        var rows = PredictionRows(targets: targets)
        let workspace = Workspace()
        for start in stride(from: 0, to: Self.vocabulary, by: tile) {
            let range = start..<min(start + tile, Self.vocabulary)
            workspace.scoped {
                func part(_ logits: [Float]) -> Matrix {
                    let matrix = workspace.matrix(rows: Self.rows, columns: range.count)
                    for row in 0..<Self.rows {
                        for (place, token) in range.enumerated() {
                            matrix.floats[row * range.count + place] = logits[row * Self.vocabulary + token]
                        }
                    }
                    return matrix
                }
                rows.add(reference: part(left), other: part(right), firstToken: start)
            }
        }
        return rows.comparisons(isLogProbability: isLogProbability)
    }

    private func logProbabilities(_ logits: [Float], _ row: Int) -> [Double] {
        let own = logits[row * Self.vocabulary..<(row + 1) * Self.vocabulary].map(Double.init)
        let most = own.max() ?? 0, sum = log(own.reduce(0) { $0 + exp($1 - most) }) + most
        return own.map { $0 - sum }
    }

    @Test(arguments: [4000, 1536, 333]) func tilesGiveWhatWholeRowsGive(tile: Int) {
        let left = logits(1), right = logits(2, near: left, by: 1)
        for (row, found) in compared(left, right, tile: tile).enumerated() {
            let (p, q) = (logProbabilities(left, row), logProbabilities(right, row)), target = Int(targets[row])
            let divergence = zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
            #expect(abs(found.referenceLoss + p[target]) < 1e-5 && abs(found.otherLoss + q[target]) < 1e-5)
            #expect(divergence > 0.01 && abs(found.divergence - divergence) < 1e-5)
            let choices = [p, q].map { side in side.indices.max { side[$0] < side[$1] } }
            #expect(found.hasSameChoice == (choices[0] == choices[1]))
        }
    }

    @Test func equalPredictionsDoNotDiverge() {
        let logits = logits(3)
        for found in compared(logits, logits, tile: 1536) {
            #expect(found.divergence == 0 && found.referenceLoss == found.otherLoss && found.hasSameChoice)
        }
    }

    /// Logarithms of probabilities count as they stand: what was left out of them is not shared out among the others.
    @Test func logarithmsOfProbabilitiesAreNotMadeToSumToOne() {
        let left = logits(4), right = logits(5, near: left, by: 1)
        var stored = left
        for row in 0..<Self.rows {
            for (token, value) in logProbabilities(left, row).enumerated() {
                stored[row * Self.vocabulary + token] = value > -9 ? Float(value) : -1e4
            }
        }
        for (row, found) in compared(stored, right, tile: 1536, isLogProbability: true).enumerated() {
            let (p, q) = (logProbabilities(left, row), logProbabilities(right, row))
            let kept = zip(p, q).filter { $0.0 > -9 }
            #expect(kept.count < Self.vocabulary)
            #expect(abs(found.divergence - kept.reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }) < 1e-5)
        }
    }

    @Test func whatIsNoNumberIsNotPassedOver() {
        let left = logits(6)
        var right = left
        right[2 * Self.vocabulary + 1600] = .nan
        let found = compared(left, right, tile: 1536)
        #expect(!found[2].divergence.isFinite && !found[2].otherLoss.isFinite)
        #expect(found[1].divergence == 0)
    }
}
