// What is left of a model once blocks are gone, against the model itself walked without them.

import Foundation
import JSON
import ModelExport
import Models
import Pruning
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct PrunedBlocksTests {
    private static let batch = TokenBatch(
        examples: [[3, 41, 77, 5, 200, 9, 30, 31, 64], [7, 8, 9]].map { ($0, $0.map { _ in false }) })

    /// The stream after the blocks `numbers` of `model`, all others skipped.
    private func stream(_ model: LanguageModel, through numbers: [Int]) throws -> [Float] {
        let workspace = Workspace()
        return try workspace.scoped {
            let x = workspace.matrix(rows: Self.batch.rowCount, columns: model.configuration.width)
            try model.embed(Self.batch, into: x, workspace: workspace)
            for number in numbers { model.forward(block: number, Self.batch, x, workspace: workspace) { _ in } }
            return Array(x.floats)
        }
    }

    private func model(_ source: any ModelSource) throws -> LanguageModel {
        try LanguageModel(configuration: ModelConfiguration(of: source), weights: source, precision: .f32)
    }

    /// Written as a folder and read again, each family is its base without these blocks: windows stay with the blocks
    /// that have them.
    @Test(arguments: TinyFamily.allCases, [[0, 2], [1, 2], [1]])
    func whatIsWrittenSkipsTheBlocks(_ family: TinyFamily, _ blocks: [Int]) throws {
        try withTemporaryDirectory { folder in
            let whole = folder.appendingPathComponent("whole"), left = folder.appendingPathComponent("left")
            try family.write(to: whole)
            let base = try openWeights(whole)
            let pruned = try PrunedModel(base, PruningPlan(blocks: blocks))
            try ModelMerger(base: pruned).export(as: .huggingFaceFolder, into: left)
            let read = try openWeights(left)
            let configuration = try ModelConfiguration(of: base)
            #expect(try ModelConfiguration(of: read).blocks == blocks.map { configuration.blocks[$0] })
            #expect(read.byteCount == pruned.byteCount && read.byteCount < base.byteCount)
            let expected = try stream(model(base), through: blocks)
            #expect(try stream(model(read), through: Array(blocks.indices)) == expected)
            #expect(try stream(model(pruned), through: Array(blocks.indices)) == expected)
        }
    }

    /// Where no list says which layers have a window, their numbers do, and these change.
    @Test func windowsThatGoByNumbersAreListed() throws {
        try withTemporaryDirectory { folder in
            let whole = folder.appendingPathComponent("whole")
            try TinyFamily.gemma3.write(
                to: whole, changing: ["layer_types": "null", "sliding_window_pattern": "2", "sliding_window": "3"])
            let base = try openWeights(whole)
            let left = try PrunedModel(base, PruningPlan(blocks: [1, 2]))
            #expect(
                left.huggingFaceConfiguration?["layer_types"] == ["full_attention", "sliding_attention"]
                    && left.configuration.blocks.map(\.attention.shape.window) == [nil, 3])
            let same = try PrunedModel(base, PruningPlan(blocks: [0, 1]))
            #expect(same.huggingFaceConfiguration?["layer_types"]?.isNull == true)
        }
    }

    @Test func whatIsGoneHasNoTensors() throws {
        let base = try openWeights(TinyModel.gguf)
        let left = try PrunedModel(base, PruningPlan(blocks: [2]))
        #expect(left.paths.count == base.paths.count - 2 * 9)
        let name = "self_attn.q_proj.weight"
        #expect(
            try left.tensor(at: "model.layers.0.\(name)").bytes.elementsEqual(
                base.tensor(at: "model.layers.2.\(name)").bytes))
        #expect(left.shape(at: "model.layers.2.\(name)") == nil)
        #expect(throws: WeightError.self) { try left.tensor(at: "model.layers.1.\(name)") }
        let digests = try Set([base.contentDigest(), left.contentDigest()])
        #expect(digests.count == 2)
    }
}
