// What weights are called in both kinds of files.

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
            #expect(names.huggingFaceName(gguf) == huggingFace)
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
            let isLlamas = ["llama", "granite"].contains(architecture)
            for suffix in ["weight", "bias"] {
                let query = names.storedForm("model.layers.3.self_attn.q_proj.\(suffix)", heads: 9, keyValueHeads: 3)
                let key = names.storedForm("model.layers.3.self_attn.k_proj.\(suffix)", heads: 9, keyValueHeads: 3)
                #expect(query == (isLlamas ? .interleavedHalves(heads: 9) : .asStored))
                #expect(key == (isLlamas ? .interleavedHalves(heads: 3) : .asStored))
            }
            #expect(names.storedForm("model.layers.3.self_attn.v_proj.weight", heads: 9, keyValueHeads: 3) == .asStored)
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
