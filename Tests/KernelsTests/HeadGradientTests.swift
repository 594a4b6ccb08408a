import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

/// What is trained of a head of more than one tile of the vocabulary, against plain loops in double.
@Suite struct HeadGradientTests {
    /// Two tiles and a token of a third.
    private static let vocabulary = 3073
    private static let targets: [Int32] = [0, 1535, 1536, 3071, 3072]
    private static let weights: [Float] = [1, 0.5, -0.75, 2, 0.25]
    private static let trainedTokens: [Int32] = [3072, 2, 1536]

    struct Form: Sendable, CustomTestStringConvertible {
        var temperature = 1.0
        var scale = 1.0
        var softcap: Double?
        var hasBias = false
        var type = ElementType.f32

        var testDescription: String {
            "\(type), T \(temperature), scale \(scale), cap \(softcap ?? 0), bias \(hasBias)"
        }

        static let all = [ElementType.f32, .bf16].flatMap { type in
            [
                Form(type: type), Form(softcap: 1.5, type: type), Form(hasBias: true, type: type),
                Form(temperature: 2, scale: 0.5, softcap: 0.75, hasBias: true, type: type),
            ]
        }
    }

    /// Sums over rows and tokens, as long as what they are of.
    private struct Sums {
        var hidden, weight, bias, a, b: [Double]
    }

    private static func sums(
        _ form: Form, hidden: [Double], head: [Double], bias: [Double], a: [Double], b: [Double], width: Int,
        rank: Int, factorScale: Double
    ) -> Sums {
        var sums = Sums(
            hidden: hidden.map { _ in 0 }, weight: head.map { _ in 0 }, bias: bias.map { _ in 0 },
            a: a.map { _ in 0 }, b: b.map { _ in 0 })
        for (row, target) in targets.enumerated() {
            let h = hidden[row * width..<(row + 1) * width]
            let logits = (0..<vocabulary).map { token in
                let product = zip(h, head[token * width..<(token + 1) * width]).reduce(0) { $0 + $1.0 * $1.1 }
                let sum = form.scale * product + (form.hasBias ? bias[token] : 0)
                return form.softcap.map { $0 * tanh(sum / $0) } ?? sum
            }
            let exps = logits.map { exp($0 / form.temperature) }, all = exps.reduce(0, +)
            let low = (0..<rank).map { rank in
                zip(h, a[rank * width..<(rank + 1) * width]).reduce(0) { $0 + $1.0 * $1.1 }
            }
            for token in 0..<vocabulary {
                var slope = exps[token] / all - (token == Int(target) ? 1 : 0)
                slope *= Double(weights[row]) / form.temperature
                if let cap = form.softcap { slope *= 1 - logits[token] * logits[token] / (cap * cap) }
                sums.bias[token] += slope
                for (column, number) in h.enumerated() {
                    sums.weight[token * width + column] += form.scale * slope * number
                    sums.hidden[row * width + column] += form.scale * slope * head[token * width + column]
                }
                for part in 0..<rank {
                    sums.b[token * rank + part] += form.scale * factorScale * slope * low[part]
                    for (column, number) in h.enumerated() {
                        sums.a[part * width + column] +=
                            form.scale * factorScale * slope * b[token * rank + part] * number
                    }
                }
            }
        }
        return sums
    }

    @Test(arguments: Form.all) func gradientsOfEachTile(form: Form) {
        let (width, rank, vocabulary, rows) = (6, 3, Self.vocabulary, Self.targets.count), type = form.type
        let hidden = TestMatrix(random: rows, width, type: type, seed: 1, size: 2)
        let head = TestMatrix(random: vocabulary, width, type: type, seed: 2)
        let bias = TestMatrix(random: 1, vocabulary, seed: 3)
        let a = TestMatrix(random: rank, width, seed: 4), b = TestMatrix(random: vocabulary, rank, seed: 5)
        // What is there is added to.
        let ofWeight = TestMatrix(random: vocabulary, width, seed: 6)
        let ofBias = TestMatrix(random: 1, vocabulary, seed: 7)
        let ofRows = TestMatrix(random: Self.trainedTokens.count, width, seed: 8)
        let ofA = TestMatrix(random: rank, width, seed: 9), ofB = TestMatrix(random: vocabulary, rank, seed: 10)
        let all = [ofWeight, ofBias, ofRows, ofA, ofB], before = all.map(\.doubles)
        var gradient = HeadGradient()
        (gradient.weight, gradient.bias) = (ofWeight.matrix, ofBias.matrix)
        gradient.rows = HeadGradient.Rows(Self.trainedTokens, gradients: ofRows.matrix)
        gradient.factors = HeadGradient.Factors(
            a: a.matrix, b: b.matrix, gradientOfA: ofA.matrix, gradientOfB: ofB.matrix, scale: 0.5)
        let dHidden = TestMatrix(rows, width), workspace = Workspace()
        var losses = CrossEntropy(rows: rows, weights: Self.weights)
        TokenOutcomes.run(
            hidden.matrix,
            head: LogitHead(
                RowLayout(head.matrix), scale: Float(form.scale), softcap: form.softcap.map { Float($0) },
                bias: form.hasBias ? bias.matrix : nil, gradient: gradient),
            tokens: SparseRows(Self.targets), scale: Float(1 / form.temperature), gradient: .init(dHidden.matrix),
            workspace: workspace
        ) { losses.rule($0) }
        let taken = TokenOutcomes.workspaceBytes(
            rows: rows, width: width, vocabulary: vocabulary, type: type, backward: true, training: gradient)
        #expect(workspace.bytesInUse == 0 && workspace.peakBytes <= taken)

        let sums = Self.sums(
            form, hidden: hidden.doubles, head: head.doubles, bias: bias.doubles, a: a.doubles, b: b.doubles,
            width: width, rank: rank, factorScale: 0.5)
        let rowsOfWeight = Self.trainedTokens.flatMap { token in
            sums.weight[Int(token) * width..<(Int(token) + 1) * width]
        }
        let bound = type == .f32 ? 2e-5 : 0.02
        let expected = [sums.weight, sums.bias, rowsOfWeight, sums.a, sums.b]
        for (place, name) in ["weight", "bias", "rows", "a", "b"].enumerated() {
            let found = zip(all[place].doubles, before[place]).map { $0 - $1 }
            #expect(relativeError(found, expected[place]) < bound, "\(name)")
            #expect(all[place].paddingIsIntact, "\(name)")
        }
        // The last token of a tile and the first of the next by themselves, which others could hide.
        for token in [1535, 1536, 3071, 3072] {
            let part = token * width..<(token + 1) * width
            let found = zip(ofWeight.doubles[part], before[0][part]).map { $0 - $1 }
            #expect(relativeError(found, Array(sums.weight[part])) < bound, "token \(token)")
        }
        #expect(relativeError(dHidden.doubles, sums.hidden) < bound)
    }
}
