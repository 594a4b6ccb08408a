// Merged weights held against base + adapter: honest rounding passes in every type, a wrong factor never.

import Foundation
import ModelExport
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct WeightComparisonTests {
    /// Small factors for every linear layer, so that rounding to bf16 is far larger than what they add.
    private func deltas(_ base: any WeightSource, scale: Float) throws -> [LowRankDelta] {
        try base.paths.filter { $0.hasSuffix("_proj.weight") }.map { path in
            let shape = try #require(base.shape(at: path))
            let a = (0..<2 * shape[1]).map { Float($0 % 7 - 3) * 0.01 }
            let b = (0..<shape[0] * 2).map { Float($0 % 5 - 2) * 0.01 }
            return try LowRankDelta(
                path: String(path.dropLast(7)), scale: scale, a: a, aShape: [2, shape[1]], b: b, bShape: [shape[0], 2])
        }
    }

    @Test(arguments: [WeightType.fp32, .bf16, .fp16], ["gguf", "hf"])
    func onlyRoundingPasses(_ type: WeightType, _ kind: String) throws {
        try withTemporaryDirectory { folder in
            let base = try openWeights(kind == "gguf" ? TinyModel.gguf : TinyModel.base)
            let merger = try ModelMerger(base: base)
            let right = try deltas(base, scale: 1)
            let output = folder.appendingPathComponent("merged")
            _ = try merger.merge(right, as: .huggingFaceFolder, into: output, options: ModelOutputOptions(type: type))
            let merged = try openWeights(output)
            let found = try merger.compare(right, with: merged, as: .huggingFaceFolder, type: type)
            #expect(found.count > 0 && found.strayCount == 0 && found.firstStray == nil)
            for wrong in [try deltas(base, scale: 2), try deltas(base, scale: -1), Array(right.dropLast())] {
                let found = try merger.compare(wrong, with: merged, as: .huggingFaceFolder, type: type)
                #expect(found.strayCount > 0 && found.firstStray != nil)
            }
        }
    }
}
