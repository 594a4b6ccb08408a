import Adapters
import Datasets
import Foundation
import Kernels
import Models
import Objectives
import TestSupport
import Tensors
import Testing
import Training
import WeightFiles

/// NEFTune: noise on what tokens begin as, in training alone.
@Suite struct EmbeddingNoises {
    @Test func drawsAreEvenWithinTheBound() {
        let random = RandomStream(seed: 5, purpose: .noise), bound: Float = 0.25
        var numbers = [Float](repeating: 1, count: 40 * 33)
        numbers.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for row in 0..<40 {
                let x = Matrix(pointer: base + row * 33 * 4, rows: 1, columns: 33, type: .f32)
                UniformNoise.add(to: x, bound: bound, random, row: row)
            }
        }
        let noise = numbers.map { Double($0) - 1 }, mean = noise.reduce(0, +) / Double(noise.count)
        #expect(noise.allSatisfy { abs($0) <= Double(bound) + 1e-6 } && Set(noise).count > 1_300)
        #expect(noise.contains { $0 > 0.24 } && noise.contains { $0 < -0.24 })
        #expect(abs(mean) < 0.02)
        // The variance of what is drawn evenly: bound² / 3.
        let variance = noise.reduce(0) { $0 + $1 * $1 } / Double(noise.count)
        #expect(abs(variance - 0.0625 / 3) < 0.002)
    }

    /// Losses of a batch change by the noise of its own step; the same rows get the same noise, however they are cut, with tokens
    /// before each text as without.
    @Test(arguments: [0, 3]) func trainingPassesHaveNoiseAndNoOthers(virtualTokens: Int) throws {
        let folder = try HuggingFaceDirectory(TinyModel.base)
        let model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: folder.configuration), weights: folder, precision: .f32)
        let set = try AdapterSet(
            virtualTokens > 0
                ? AdapterConfiguration(PromptTuning(count: virtualTokens)) : AdapterConfiguration(rank: 2, alpha: 2),
            for: model)
        set.initialise(seed: 1, on: model)
        set.attach(to: model)
        let texts = (0..<3).map { text in
            TokenizedExample(
                ids: (0..<(7 + text * 5)).map { Int32(3 + ($0 * 31 + text * 17) % 400) },
                isTarget: (0..<(7 + text * 5)).map { $0 > 0 }, place: RowPlace(file: "x", line: text + 1), index: text)
        }
        let objective = CrossEntropyObjective()
        let learner = Learner(model, objective), workspace = Workspace()
        func losses(_ texts: ArraySlice<TokenizedExample>, _ alpha: Double, firstRow: Int = 0) throws -> [Double] {
            let batch = objective.batch(Array(texts), sequences: Array(texts.indices))
            return try learner.accumulateGradients(
                batch, gradientScale: 1, recomputedBlocks: 0, workspace: workspace,
                dropout: DropoutKey(seed: 7, stream: 0, firstRow: firstRow, noiseAlpha: alpha)
            ).units.map(\.lossSum)
        }
        let plain = try losses(texts[...], 0), noisy = try losses(texts[...], 5)
        #expect(zip(plain, noisy).allSatisfy { abs($0 - $1) > 1e-4 })
        #expect(try losses(texts[...], 5) == noisy)
        #expect(maximumDifference(try losses(texts[...], 1e-6), plain) < 1e-3)
        // The second and the third text by themselves: their rows are the step's 8th on.
        #expect(maximumDifference(try losses(texts[1...], 5, firstRow: 7), Array(noisy[1...])) < 1e-3)
        // Without gradients there is none.
        let batch = objective.batch(texts, sequences: [0, 1, 2])
        let scored = try learner.sums(batch, workspace: workspace).units.map(\.lossSum)
        #expect(maximumDifference(scored, plain) < 1e-4)
    }
}
