import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

/// Finite differences of plain loops in double, for each op with a backward.
@Suite struct GradientTests {
    @Test func norm() {
        let (n, width) = (3, 21)
        let x = TestMatrix(random: n, width, seed: 1), dy = TestMatrix(random: n, width, seed: 2)
        let w = TestMatrix(random: 1, width, seed: 3), ws = w.doubles
        let y = TestMatrix(n, width), r = TestMatrix(n, 1), dx = TestMatrix(random: n, width, seed: 4),
            before = dx.doubles
        RMSNorm.forward(x.matrix, weight: w.matrix, epsilon: 1e-5, into: y.matrix, inverseRMS: r.matrix)
        RMSNorm.backward(
            dy.matrix, x: x.matrix, weight: w.matrix, inverseRMS: r.matrix, into: dx.matrix, accumulate: true)
        func forward(_ x: [Double]) -> [Double] {
            (0..<n).flatMap { row in
                let values = x[row * width..<(row + 1) * width]
                let r = 1 / (values.reduce(0) { $0 + $1 * $1 } / Double(width) + 1e-5).squareRoot()
                return zip(values, ws).map { $0 * r * $1 }
            }
        }
        #expect(relativeError(y.doubles, forward(x.doubles)) < 1e-6)
        let expected = zip(before, differences(x.doubles, dy.doubles, forward)).map { $0 + $1 }
        #expect(relativeError(dx.doubles, expected) < 1e-6)
    }

    @Test(arguments: [false, true]) func layerNorm(hasBias: Bool) {
        let (n, width) = (3, 21)
        let x = TestMatrix(random: n, width, seed: 1), dy = TestMatrix(random: n, width, seed: 2)
        let w = TestMatrix(random: 1, width, seed: 3), ws = w.doubles
        let b = TestMatrix(random: 1, width, seed: 5), bs = hasBias ? b.doubles : ws.map { _ in 0 }
        let y = TestMatrix(n, width), again = TestMatrix(n, width), s = TestMatrix(n, 2)
        let dx = TestMatrix(random: n, width, seed: 4), before = dx.doubles
        // Far from zero: a mean that is not taken off would show.
        for index in x.matrix.floats.indices { x.matrix.floats[index] += 3 }
        let bias = hasBias ? b.matrix : nil
        LayerNorm.forward(
            x.matrix, weight: w.matrix, bias: bias, epsilon: 1e-5, into: y.matrix, statistics: s.matrix)
        LayerNorm.apply(x.matrix, weight: w.matrix, bias: bias, statistics: s.matrix, into: again.matrix)
        LayerNorm.backward(
            dy.matrix, x: x.matrix, weight: w.matrix, statistics: s.matrix, into: dx.matrix, accumulate: true)
        func forward(_ x: [Double]) -> [Double] {
            (0..<n).flatMap { row in
                let values = x[row * width..<(row + 1) * width]
                let mean = values.reduce(0, +) / Double(width)
                let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
                let r = 1 / (variance + 1e-5).squareRoot()
                return zip(values, zip(ws, bs)).map { ($0 - mean) * r * $1.0 + $1.1 }
            }
        }
        #expect(relativeError(y.doubles, forward(x.doubles)) < 1e-6)
        #expect(again.values == y.values)
        let gradient = differences(x.doubles, dy.doubles, forward)
        #expect(relativeError(dx.doubles, zip(before, gradient).map { $0 + $1 }) < 1e-6)
        // In place, as models go back through the stream.
        LayerNorm.backward(
            dy.matrix, x: x.matrix, weight: w.matrix, statistics: s.matrix, into: dy.matrix, accumulate: false)
        #expect(relativeError(dy.doubles, gradient) < 1e-5)
    }

    /// In double.
    private static func value(_ activation: Activation, _ g: Double) -> Double {
        switch activation {
        case .silu: g / (1 + exp(-g))
        case .gelu: g / 2 * erfc(-g / 2.0.squareRoot())
        case .geluTanh: g / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (g + 0.044715 * g * g * g)))
        case .quickGelu: g / (1 + exp(-1.702 * g))
        case .relu: max(g, 0)
        case .squaredReLU: max(g, 0) * max(g, 0)
        }
    }

    @Test(arguments: Activation.allCases) func plainActivation(_ activation: Activation) {
        let count = 50
        let x = TestMatrix(random: 1, count, seed: 1, size: 6), dy = TestMatrix(random: 1, count, seed: 3)
        let y = TestMatrix(1, count), xs = x.doubles
        func forward(_ x: [Double]) -> [Double] { x.map { Self.value(activation, $0) } }
        activation.forward(x.matrix, into: y.matrix)
        #expect(relativeError(y.doubles, forward(xs)) < 1e-6)
        // In place, as the models call it.
        activation.backward(dy.matrix, x.matrix, into: x.matrix)
        #expect(relativeError(x.doubles, differences(xs, dy.doubles, forward)) < 1e-6)
    }

    @Test(arguments: Activation.allCases) func gate(_ activation: Activation) {
        let count = 50
        let g = TestMatrix(random: 1, count, seed: 1, size: 6), u = TestMatrix(random: 1, count, seed: 2)
        let dy = TestMatrix(random: 1, count, seed: 3), y = TestMatrix(1, count)
        let gs = g.doubles, us = u.doubles
        func forward(_ g: [Double], _ u: [Double]) -> [Double] { zip(g, u).map { Self.value(activation, $0) * $1 } }
        activation.forward(gate: g.matrix, up: u.matrix, into: y.matrix)
        #expect(relativeError(y.doubles, forward(gs, us)) < 1e-6)
        // In place, as the models call it.
        activation.backward(dy.matrix, gate: g.matrix, up: u.matrix, into: g.matrix, dup: u.matrix)
        #expect(relativeError(g.doubles, differences(gs, dy.doubles) { forward($0, us) }) < 1e-6)
        #expect(relativeError(u.doubles, differences(us, dy.doubles) { forward(gs, $0) }) < 1e-6)
    }

    /// Whole heads and their first numbers, pairs half a head apart and side by side.
    @Test(arguments: [6, 4], [false, true]) func rotary(turned: Int, isInterleaved: Bool) {
        let (n, heads, width) = (4, 2, 6)
        let table = RotaryTable(
            headWidth: width, width: turned, isInterleaved: isInterleaved, base: 100, scaling: .none, positions: 10)
        let positions: [Int32] = [0, 1, 9, 3]
        func forward(_ x: [Double]) -> [Double] {
            var y = x
            for row in 0..<n {
                for head in 0..<heads {
                    for i in 0..<turned / 2 {
                        let start = (row * heads + head) * width
                        let a = start + (isInterleaved ? 2 * i : i), b = isInterleaved ? a + 1 : a + turned / 2
                        let angle = Double(positions[row]) * pow(100, -2 * Double(i) / Double(turned))
                        y[a] = x[a] * cos(angle) - x[b] * sin(angle)
                        y[b] = x[b] * cos(angle) + x[a] * sin(angle)
                    }
                }
            }
            return y
        }
        let x = TestMatrix(random: n, heads * width, seed: 1), before = x.doubles
        let dy = TestMatrix(random: n, heads * width, seed: 2), gradient = differences(before, dy.doubles, forward)
        positions.withUnsafeBufferPointer {
            Rotary.apply(x.matrix, heads: heads, positions: $0, table: table, direction: .forward)
            Rotary.apply(dy.matrix, heads: heads, positions: $0, table: table, direction: .backward)
        }
        #expect(relativeError(x.doubles, forward(before)) < 1e-6)
        #expect(relativeError(dy.doubles, gradient) < 1e-6)
    }

    /// A vocabulary within one tile, and one of several with an odd rest.
    @Test(arguments: [11, 3101]) func crossEntropy(vocabulary: Int) {
        let (m, width) = (5, 7)
        let hidden = TestMatrix(random: m, width, seed: 1, size: 3),
            head = TestMatrix(random: vocabulary, width, seed: 2)
        let hs = head.doubles, targets: [Int32] = [0, Int32(vocabulary - 1), 3, 3, 7]
        func forward(_ x: [Double]) -> [Double] {
            (0..<m).map { row in
                let logits = (0..<vocabulary).map { j in
                    (0..<width).reduce(0.0) { $0 + x[row * width + $1] * hs[j * width + $1] }
                }
                return log(logits.reduce(0) { $0 + exp($1) }) - logits[Int(targets[row])]
            }
        }
        let dHidden = TestMatrix(m, width), workspace = Workspace(), headRows = LogitHead(RowLayout(head.matrix))
        let weights: [Float] = [0.25, 1, -0.5, 2, 0]
        var found = CrossEntropy(rows: m, weights: weights), again = CrossEntropy(rows: m)
        TokenOutcomes.run(
            hidden.matrix, head: headRows, tokens: SparseRows(targets), gradient: .init(dHidden.matrix),
            workspace: workspace
        ) { found.rule($0) }
        TokenOutcomes.run(
            hidden.matrix, head: headRows, tokens: SparseRows(targets), gradient: nil, workspace: workspace
        ) { again.rule($0) }
        let losses = found.losses
        #expect(losses == again.losses && found.isFirstChoice == again.isFirstChoice)
        #expect(relativeError(losses.map(Double.init), forward(hidden.doubles)) < 1e-6)
        let gradient = differences(hidden.doubles, weights.map(Double.init), forward)
        #expect(relativeError(dHidden.doubles, gradient) < 2e-6)
        #expect(zip(found.isFirstChoice, losses).allSatisfy { $0 || $1 > Float(log(2.0)) * 0.99 })
        #expect(workspace.bytesInUse == 0)
    }
}
