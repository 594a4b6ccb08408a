import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct ElementsTests {
    /// torch 2.13: AdamW(lr 0.01, betas (0.9, 0.95), eps 1e-6, weight_decay 0.1), three steps.
    @Test func adamW() {
        let values = TestMatrix([0.5, -1.25, 2, 0], 1, 4), first = TestMatrix([0, 0, 0, 0], 1, 4)
        let second = TestMatrix([0, 0, 0, 0], 1, 4)
        let gradients: [[Float]] = [[0.1, -0.2, 3, 0], [1e-4, 0.5, -2, 1e-8], [0.3, 0.3, 0.3, -0.3]]
        let expected: [[Float]] = [
            [0.48950010538101196, -1.2387499809265137, 1.9880000352859497, 0],
            [0.4822166860103607, -1.2418937683105469, 1.9845598936080933, -5.2257353672757745e-05],
            [0.47418710589408875, -1.2467291355133057, 1.980903148651123, 0.006179990712553263],
        ]
        for (index, gradient) in gradients.enumerated() {
            let g = TestMatrix(gradient.map { $0 * 2 }, 1, 4)
            AdamWUpdate.apply(
                values: values.matrix.floats, gradients: g.matrix.floats, firstMoments: first.matrix.floats,
                secondMoments: second.matrix.floats, gradientScale: 0.5, learningRate: 0.01, beta1: 0.9, beta2: 0.95,
                epsilon: 1e-6, weightDecay: 0.1, step: index + 1)
            #expect(maximumDifference(values.values, expected[index]) < 3e-7)
        }
        #expect(maximumDifference(first.values, [0.0381090045, 0.0588, 0.0930000171, -0.03]) < 1e-7)
        #expect(maximumDifference(second.values, [0.00495125074, 0.0181799997, 0.600624979, 0.0045]) < 3e-7)
    }

    @Test func dropout() {
        let (rows, columns) = (200, 301)
        let x = TestMatrix([Float](repeating: 1, count: rows * columns), rows, columns)
        let a = TestMatrix(rows, columns), b = TestMatrix(rows, columns), other = TestMatrix(rows, columns)
        Dropout.apply(x.matrix, into: a.matrix, probability: 0.25, seed: 42, stream: 3)
        Dropout.apply(x.matrix, into: b.matrix, probability: 0.25, seed: 42, stream: 3)
        Dropout.apply(x.matrix, into: other.matrix, probability: 0.25, seed: 42, stream: 4)
        #expect(a.values == b.values)
        #expect(a.values != other.values)
        #expect(Set(a.values) == [0, 1 / (1 - 0.25)])
        let kept = Double(a.values.filter { $0 > 0 }.count) / Double(rows * columns)
        #expect(abs(kept - 0.75) < 0.01)
        // The mask is the words of the stream named `dropout`.
        let words = RandomStream(seed: 42, purpose: .dropout).words(stream: 3, index: 5)
        let threshold = UInt32(1) << 30
        #expect([words.0, words.1, words.2, words.3].map { $0 >= threshold } == a.values[20..<24].map { $0 > 0 })
        Dropout.apply(x.matrix, into: a.matrix, probability: 0, seed: 1, stream: 1)
        #expect(a.values == x.values)
    }

    @Test func rowsComeAndGo() {
        let x = TestMatrix((0..<12).map(Float.init), 4, 3), picked = TestMatrix(3, 3, type: .bf16)
        let indices: [Int32] = [2, 0, 2]
        let sums = TestMatrix([Float](repeating: 1, count: 12), 4, 3)
        indices.withUnsafeBufferPointer {
            Elements.gatherRows(x.matrix, $0, into: picked.matrix)
            Elements.scatterAddRows(picked.matrix, $0, into: sums.matrix)
        }
        #expect(picked.values == [6, 7, 8, 0, 1, 2, 6, 7, 8])
        #expect(sums.values == [1, 2, 3, 1, 1, 1, 13, 15, 17, 1, 1, 1])
        let bias = TestMatrix([10, 20, 30], 1, 3)
        Elements.addBias(bias.matrix, to: x.matrix)
        Elements.scale(x.matrix, by: 2)
        Elements.add(x.matrix, into: sums.matrix)
        #expect(x.values.prefix(4) == [20, 42, 64, 26])
        #expect(sums.values.prefix(4) == [21, 44, 67, 27])
        Elements.fill(picked.matrix, with: 1.5)
        #expect(picked.values == [Float](repeating: 1.5, count: 9))
    }

    @Test func searches() {
        var numbers = randomFloats(1001, seed: 3)
        let expected = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }
        numbers.withUnsafeBufferPointer {
            #expect(abs(Elements.sumOfSquares($0) - expected) < 1e-10)
            #expect(Elements.firstNonFinite($0) == nil)
        }
        numbers[777] = -.infinity
        numbers[900] = .nan
        numbers.withUnsafeBufferPointer {
            #expect(Elements.firstNonFinite($0) == 777)
            #expect(Elements.sumOfSquares($0).isNaN)
        }
    }

    @Test func scaledFrequencies() {
        let plain = RotaryTable(headWidth: 8, base: 10_000, scaling: .none, positions: 4)
        let linear = RotaryTable(headWidth: 8, base: 10_000, scaling: .linear(factor: 2), positions: 7)
        let factors = RotaryTable(headWidth: 8, base: 10_000, scaling: .frequencyFactors([2, 2, 2, 2]), positions: 7)
        let x = TestMatrix(random: 1, 8, seed: 1), y = TestMatrix(x.values, 1, 8), z = TestMatrix(x.values, 1, 8)
        func turn(_ matrix: TestMatrix, _ table: RotaryTable, _ position: Int32) {
            withUnsafePointer(to: position) {
                Rotary.apply(
                    matrix.matrix, heads: 1, positions: UnsafeBufferPointer(start: $0, count: 1), table: table,
                    direction: .forward)
            }
        }
        turn(x, plain, 3)
        turn(y, linear, 6)
        turn(z, factors, 6)
        #expect(x.values == y.values)
        #expect(x.values == z.values)
    }

    /// Frequencies and amplitudes as transformers 5.23 gives them: base 10,000, D 16, 64 original positions.
    @Test func longContexts() {
        let llama3 = RotaryScaling.llama3(
            factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 64)
        let yarn = RotaryScaling.yarn(factor: 4, originalPositions: 64, attentionFactor: nil, betaFast: 32, betaSlow: 1)
        let expected: [(RotaryScaling, Double, [Double])] = [
            (
                llama3, 1,
                [1, 0.24438458681, 0.01304225624, 0.00395284733, 0.00125, 0.00039528473, 0.000125, 3.95284733e-05]
            ),
            (
                yarn, 1.138629436111989,
                [1, 0.23717081547, 0.05, 0.00790569465, 0.0025, 0.00079056947, 0.00025, 7.9056947e-05]
            ),
        ]
        for (scaling, amplitude, frequencies) in expected {
            let table = RotaryTable(headWidth: 16, base: 10_000, scaling: scaling, positions: 2)
            let x = TestMatrix((0..<16).map { $0 < 8 ? 1 : 0 }, 1, 16)
            withUnsafePointer(to: Int32(1)) {
                Rotary.apply(
                    x.matrix, heads: 1, positions: UnsafeBufferPointer(start: $0, count: 1), table: table,
                    direction: .forward)
            }
            let y = x.doubles
            let angles = (0..<8).map { atan2(y[$0 + 8], y[$0]) }, sizes = (0..<8).map { hypot(y[$0 + 8], y[$0]) }
            #expect(relativeError(angles, frequencies) < 1e-6)
            #expect(sizes.allSatisfy { abs($0 - amplitude) < 1e-6 })
        }
    }

    @Test func processor() throws {
        try Processor.start(threads: nil)
        #expect(Processor.threads >= 1)
        #expect(["scalar", "avx2", "avx512", "avx512_bf16"].contains(Processor.instructionSet))
        #expect(Processor.libraries.map(\.name) == ["OpenBLAS"])
    }
}
