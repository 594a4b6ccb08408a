// Tiny random models of each family against transformers.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing

@Suite struct FamilyTests {
    static let names = [
        "llama3", "llama-bias", "qwen2", "qwen3", "mistral", "yarn", "yarn-factors", "gemma3", "mixtral", "qwen3-moe",
        "qwen3-moe-shares", "olmoe", "olmoe-shares", "granite", "granite-bias", "cohere", "cohere-bias", "cohere2",
        "stablelm",
        "stablelm-parallel", "gpt2", "gpt2-scales", "phi3", "phi3-longrope", "gpt-neox", "gpt-neox-after", "falcon",
        "falcon-new", "falcon-new-norm", "falcon-after",
        "gemma2", "gemma2-plain", "gemma3-capped", "smollm3", "smollm3-window", "cohere-norms", "stablelm-norms",
        "olmo2", "olmo2-bias",
    ]

    @Test(arguments: names) func logitsAreThoseOfTransformers(_ name: String) throws {
        let model = try loadModel(fixture(name))
        let golden = try parse(fixture(name).appendingPathComponent("golden.json"))
        let examples = (golden["ids"]?.array ?? []).map { integers($0) }
        let expected = (golden["logits"]?.array ?? []).flatMap { floats($0) }
        // Both examples in one batch: their rows must not meet.
        let batch = TokenBatch(examples: examples.map { ($0, $0.map { _ in false }) })
        let logits = try model.logits(batch, workspace: Workspace())
        #expect(expected.count == 26 * 48)
        #expect(maximumDifference(logits, expected) < 1e-4)
    }

    /// Files as llama.cpp has the families whose projections are one weight: of queries, then keys, then values.
    @Test(arguments: ["gpt2", "phi3", "gpt-neox", "falcon", "falcon-new"])
    func filesOfGGUFAreTheSameModel(_ name: String) throws {
        let folder = fixture(name), weights = try openWeights(folder.appendingPathComponent("model.gguf"))
        let configuration = try ModelConfiguration(of: weights)
        #expect(configuration == (try ModelConfiguration(of: openWeights(folder))))
        let model = try LanguageModel(configuration: configuration, weights: weights, precision: .f32)
        let golden = try parse(folder.appendingPathComponent("golden.json"))
        let examples = (golden["ids"]?.array ?? []).map { integers($0) }
        let logits = try model.logits(
            TokenBatch(examples: examples.map { ($0, $0.map { _ in false }) }), workspace: Workspace())
        let expected = (golden["logits"]?.array ?? []).flatMap { floats($0) }
        #expect(expected.count == 26 * 48 && maximumDifference(logits, expected) < 1e-4)
    }

    /// Longer texts have other frequencies.
    @Test func textsBeyondTheShortFactorsAreRefused() throws {
        let model = try loadModel(fixture("phi3-longrope"))
        #expect(model.configuration.contextLength == 256)
        let ids = randomExample(257, vocabulary: 48, stream: 1).ids
        #expect(throws: ModelError.textTooLong(tokens: 257, limit: 256)) {
            try model.logits(TokenBatch(examples: [(ids, ids.map { _ in false })]), workspace: Workspace())
        }
    }

    @Test(arguments: names) func cachedStepsGiveTheLogitsOfOnePass(_ name: String) throws {
        let model = try loadModel(fixture(name))
        _ = model.attachAdapters(rank: 3)
        let ids = randomExample(23, vocabulary: 48, stream: 1).ids
        let whole = try model.logits(
            TokenBatch(examples: [(ids, ids.map { _ in false })]), workspace: Workspace())
        // Prompts of many rows, of few and of one, then single tokens.
        for count in [12, 5, 1] {
            for (index, logits) in model.cachedLogits(ids, promptOf: count).enumerated() {
                let row = count - 1 + index
                #expect(maximumDifference(logits, Array(whole[(row * 48)..<((row + 1) * 48)])) < 1e-4)
            }
        }
    }

    /// Central differences of the loss against the gradients, for every adapter of every family.
    @Test(arguments: names) func gradientsAreThoseOfFiniteDifferences(_ name: String) throws {
        let model = try loadModel(fixture(name))
        let slab = model.attachAdapters(rank: 2, scale: 1.5)
        let batch = TokenBatch(
            examples: [randomExample(13, vocabulary: 48, stream: 2), randomExample(6, vocabulary: 48, stream: 3)])
        try expectGradients(model, slab, batch)
    }
}
