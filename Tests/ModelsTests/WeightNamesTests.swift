// What weights are called in both kinds of files.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct WeightNamesTests {
    @Test(arguments: WeightNames.architectures)
    func namesAreBijections(_ architecture: String) throws {
        let names = try #require(WeightNames(architecture: architecture))
        let pairs = names.pairs(layers: 12)
        #expect(Set(pairs.map(\.gguf)).count == pairs.count)
        #expect(Set(pairs.map(\.huggingFace)).count == pairs.count)
        for (gguf, huggingFace) in pairs {
            #expect(names.huggingFaceNames(gguf, parts: 1) == [huggingFace])
            #expect(names.ggufName(huggingFace) == gguf)
        }
        for name in [
            "blk.01.attn_q.weight", "blk.+1.attn_q.weight", "blk.attn_q.weight", "blk.0.attn_z.weight",
            "rope_freqs.weight",
        ] {
            #expect(names.huggingFaceName(name) == nil, "\(name)")
        }
    }

    @Test func onlyLlamaAndItsLikeInterleave() throws {
        for architecture in WeightNames.architectures {
            let names = try #require(WeightNames(architecture: architecture))
            let isLlamas = ["llama", "granite", "smollm3"].contains(architecture)
            for suffix in ["weight", "bias"] {
                let query = names.storedForm("model.layers.3.self_attn.q_proj.\(suffix)", heads: 9, keyValueHeads: 3)
                let key = names.storedForm("model.layers.3.self_attn.k_proj.\(suffix)", heads: 9, keyValueHeads: 3)
                #expect(query == (isLlamas ? .interleavedHalves(heads: 9) : .asStored))
                #expect(key == (isLlamas ? .interleavedHalves(heads: 3) : .asStored))
            }
            #expect(names.storedForm("model.layers.3.self_attn.v_proj.weight", heads: 9, keyValueHeads: 3) == .asStored)
        }
    }

    @Test func partsOfOneProjectionLieTogetherInGGUF() throws {
        let falcon = try #require(WeightNames(architecture: "falcon"))
        let name = "transformer.h.3.self_attention.query_key_value"
        #expect(falcon.ggufName(name + ".weight") == "blk.3.attn_qkv.weight")
        for suffix in ["weight", "bias"] {
            let form = falcon.storedForm("\(name).\(suffix)", heads: 8, keyValueHeads: 2)
            #expect(form == .partByPart(blocks: 2, shares: [4, 1, 1]))
        }
        // Two blocks of 2 query heads, a key and a value, heads of one row.
        let order = (0..<8).map { StoredForm.partByPart(blocks: 2, shares: [2, 1, 1]).storedRow($0, of: 8) }
        #expect(order == [0, 1, 4, 6, 2, 3, 5, 7])
        #expect(!StoredForm.partByPart(blocks: 2, shares: [2, 1, 1]).fits(rows: 12))
    }

    /// Files of the model without its language head leave the first part of all names out, and older ones hold masks.
    @Test func filesOfTheBareModelAreTheModel() throws {
        let folder = fixture("gpt2"), weights = try openWeights(folder)
        try withTemporaryDirectory { place in
            let entries = try weights.paths.map { path in
                let tensor = try weights.tensor(at: path)
                return (path.dropFirst("transformer.".count), tensor)
            }
            let mask = TensorEntry(name: "h.0.attn.bias", dtype: .u8, shape: [1, 1, 2, 2])
            let writer = try SafetensorsWriter(
                place.appendingPathComponent("model.safetensors"),
                entries: entries.map { name, tensor in
                    TensorEntry(
                        name: String(name), dtype: tensor.dtype, shape: tensor.form.meaning(tensor.shape))
                } + [mask])
            for (_, tensor) in entries { try writer.write(tensor.bytes) }
            try [UInt8](repeating: 1, count: 4).withUnsafeBytes { try writer.write($0) }
            try writer.finish()
            try FileManager.default.copyItem(
                at: folder.appendingPathComponent("config.json"), to: place.appendingPathComponent("config.json"))
            let batch = TokenBatch(examples: [([3, 9, 27, 4], [false, false, false, false])])
            let bare = try loadModel(place).logits(batch, workspace: Workspace())
            #expect(bare == (try loadModel(folder).logits(batch, workspace: Workspace())))
        }
    }

    /// The same model in both kinds of files, its norms stored with 1 added in one. GGUF does not say the attention's scale.
    @Test func gemmaIsTheSameModelFromBothFiles() throws {
        let folder = fixture("gemma3"), weights = try openWeights(folder.appendingPathComponent("model.gguf"))
        let expected = try ModelConfiguration(of: try openWeights(folder))
        var configuration = try ModelConfiguration(of: weights)
        for (index, block) in expected.blocks.enumerated() {
            configuration.blocks[index].attention.shape.scale = block.attention.shape.scale
        }
        #expect(configuration == expected)
        let golden = try parse(folder.appendingPathComponent("golden.json"))
        let examples = (golden["ids"]?.array ?? []).map { integers($0) }
        let model = try LanguageModel(configuration: configuration, weights: weights, precision: .f32)
        let logits = try model.logits(
            TokenBatch(examples: examples.map { ($0, $0.map { _ in false }) }), workspace: Workspace())
        let reference = (golden["logits"]?.array ?? []).flatMap { floats($0) }
        #expect(reference.count == 26 * 48 && maximumDifference(logits, reference) < 1e-4)
        let norm = "model.layers.1.self_attn.q_norm.weight"
        let stored = floats(try weights.tensor(at: norm)), plain = floats(try openWeights(folder).tensor(at: norm))
        #expect(zip(stored, plain).allSatisfy { abs($0 - 1 - $1) < 1e-6 })
    }
}
