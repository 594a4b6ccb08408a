// Where routers send rows: shares and gradients against their definitions, and the rows of each expert.

import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct ExpertRoutingTests {
    private static func matrix(_ numbers: [Float], columns: Int, _ workspace: Workspace) -> Matrix {
        let matrix = workspace.matrix(rows: numbers.count / columns, columns: columns)
        for (index, number) in numbers.enumerated() { matrix.floats[index] = number }
        return matrix
    }

    private static func numbers(_ count: Int, stream: UInt32) -> [Float] {
        let random = RandomStream(seed: 9, purpose: .probe)
        return (0..<count).map { Float(random.uniform(stream: stream, index: UInt64($0)) * 6 - 3) }
    }

    @Test(arguments: [false, true]) func sharesAreThoseOfTheLargestProbabilities(normalises: Bool) {
        let (rows, experts, used) = (37, 12, 3), workspace = Workspace()
        let logits = Self.numbers(rows * experts, stream: 1)
        let matrix = Self.matrix(logits, columns: experts, workspace)
        let shares = workspace.matrix(rows: rows, columns: used)
        let chosen = ExpertRouting.choose(matrix, normalises: normalises, into: shares)
        for row in 0..<rows {
            let own = logits[row * experts..<(row + 1) * experts].map { exp(Double($0)) }
            let sum = own.reduce(0, +), order = own.indices.sorted { own[$0] > own[$1] }.prefix(used)
            #expect(chosen[row * used..<(row + 1) * used].map(Int.init) == Array(order))
            let divisor = normalises ? order.reduce(0) { $0 + own[$1] } : sum
            for (place, expert) in order.enumerated() {
                #expect(abs(Double(shares.floats[row * used + place]) - own[expert] / divisor) < 1e-6)
            }
        }
    }

    @Test func theLowerOfEqualsIsChosen() {
        let workspace = Workspace(), shares = workspace.matrix(rows: 2, columns: 2)
        let logits = Self.matrix([1, 2, 2, 2, .nan, .nan, .nan, .nan], columns: 4, workspace)
        #expect(ExpertRouting.choose(logits, normalises: true, into: shares) == [1, 2, 0, 1])
        #expect(shares.floats[0] == 0.5 && shares.floats[2].isNaN)
    }

    @Test(arguments: [false, true], [false, true])
    func gradientsAreThoseOfDifferences(normalises: Bool, hasSlopes: Bool) {
        let (experts, used) = (8, 3), workspace = Workspace()
        let logits = Self.numbers(experts, stream: 2), weights = Self.numbers(used, stream: 3)
        let slopes = hasSlopes ? Self.numbers(experts, stream: 4) : nil
        /// Σ weight · share + Σ slope · probability.
        func value(_ logits: [Double]) -> Double {
            let own = logits.map { exp($0) }, sum = own.reduce(0, +)
            let order = own.indices.sorted { own[$0] > own[$1] }.prefix(used)
            let divisor = normalises ? order.reduce(0) { $0 + own[$1] } : sum
            let shares = zip(order, weights).reduce(0) { $0 + own[$1.0] / divisor * Double($1.1) }
            return shares + zip(own, slopes ?? []).reduce(0) { $0 + $1.0 / sum * Double($1.1) }
        }
        let matrix = Self.matrix(logits, columns: experts, workspace)
        let shares = workspace.matrix(rows: 1, columns: used)
        let chosen = ExpertRouting.choose(matrix, normalises: normalises, into: shares)
        ExpertRouting.backward(
            matrix, chosen: chosen[...], normalises: normalises, shares: shares,
            gradients: Self.matrix(weights, columns: used, workspace), slopes: slopes)
        for expert in 0..<experts {
            var (up, down) = (logits.map(Double.init), logits.map(Double.init))
            up[expert] += 1e-5
            down[expert] -= 1e-5
            let expected = (value(up) - value(down)) / 2e-5
            #expect(abs(Double(matrix.floats[expert]) - expected) < 1e-5)
        }
    }

    @Test func rowsOfExpertsAreAllThereAndInOrder() {
        let workspace = Workspace(), used = 2
        let chosen: [Int32] = [3, 0, 0, 3, 1, 3]
        let rows = ExpertRows(chosen, used: used, experts: 5)
        #expect((0..<5).map { Array(rows.rows[rows.range(of: $0)]) } == [[0, 1], [2], [], [0, 1, 2], []])
        let from = Self.matrix([1, 2, 3, 4, 5, 6], columns: 2, workspace)
        let shares = Self.matrix([10, 20, 30, 40, 50, 60], columns: used, workspace)
        let part = rows.range(of: 3), given = workspace.matrix(rows: 3, columns: 2)
        let sum = workspace.matrix(rows: 3, columns: 2), gradients = workspace.matrix(rows: 3, columns: used)
        rows.gather(part, of: from, into: given)
        #expect(Array(given.floats) == [1, 2, 3, 4, 5, 6])
        Elements.fill(gradients)
        rows.dots(part, given, from, into: gradients)
        // Row 0 has expert 3 first, the others second.
        #expect(Array(gradients.floats) == [5, 0, 0, 25, 0, 61])
        rows.weigh(part, given, by: shares)
        #expect(Array(given.floats) == [10, 20, 120, 160, 300, 360])
        Elements.fill(sum, with: 1)
        rows.scatterAdd(part.dropFirst(), given.rows(1..<3), into: sum)
        #expect(Array(sum.floats) == [1, 1, 121, 161, 301, 361])
    }
}
