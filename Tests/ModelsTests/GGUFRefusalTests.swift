// What llama.cpp takes for granted of a family: models of it that are otherwise are refused where a file would be written.

import Foundation
import Models
import TestSupport
import Testing
import WeightFiles

@Suite struct GGUFRefusalTests {
    @Test(arguments: [
        ("cohere-bias", "tie_word_embeddings"), ("stablelm-parallel", "tie_word_embeddings"),
        ("olmo2-bias", "tie_word_embeddings"), ("cohere-norms", "use_qk_norm"),
    ])
    func whatNoGGUFFileOfAFamilyHoldsIsRefused(_ name: String, _ key: String) throws {
        let model = try ModelConfiguration(of: openWeights(fixture(name)))
        let error = #expect(throws: ModelConfigurationError.self) { _ = try GGUFDescription(model) }
        #expect(error?.description.hasPrefix("\(key) = ") == true, "\(error?.description ?? "none")")
    }

    /// Command R of 64 layers has norms of queries and keys, and no other.
    @Test func theNumberOfLayersTellsOfNorms() throws {
        var model = try ModelConfiguration(of: openWeights(fixture("cohere-norms")))
        model.blocks = Array(repeating: model.blocks[0], count: 64)
        #expect(try GGUFDescription(model).keys.contains { $0.key == "command-r.logit_scale" })
        for layer in model.blocks.indices {
            model.blocks[layer].attention.headNorm = nil
            model.blocks[layer].attention.headNormReach = .eachHead
        }
        #expect(throws: ModelConfigurationError.self) { _ = try GGUFDescription(model) }
    }
}
