// What weights are called in both kinds of files.

import Models
import Tensors
import Testing

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

    @Test func onlyTheLlamaFamilyInterleaves() throws {
        for architecture in WeightNames.architectures {
            let names = try #require(WeightNames(architecture: architecture))
            for suffix in ["weight", "bias"] {
                let query = names.storedForm("model.layers.3.self_attn.q_proj.\(suffix)", heads: 9, keyValueHeads: 3)
                let key = names.storedForm("model.layers.3.self_attn.k_proj.\(suffix)", heads: 9, keyValueHeads: 3)
                #expect(query == (architecture == "llama" ? .interleavedHalves(heads: 9) : .asStored))
                #expect(key == (architecture == "llama" ? .interleavedHalves(heads: 3) : .asStored))
            }
            #expect(names.storedForm("model.layers.3.self_attn.v_proj.weight", heads: 9, keyValueHeads: 3) == .asStored)
        }
    }
}
