// A real small model: greedy text, and the gradients of PEFT.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct TinyModelTests {
    @Test(arguments: [TinyModel.base, TinyModel.gguf, TinyModel.chatGGUF])
    func logitsAfterAPromptAreTheGoldenOnes(_ url: URL) throws {
        let golden = try parse(TinyModel.golden), prompt = integers(golden["prompt_ids"])
        let logits = try loadModel(url).cachedLogits(prompt, promptOf: prompt.count)
        #expect(maximumDifference(logits[0], floats(golden["first_logits"])) < 1e-4)
    }

    /// Every token of some texts is as likely as transformers says.
    @Test(arguments: [TinyModel.base, TinyModel.gguf, TinyModel.chatGGUF])
    func textsAreAsLikelyAsTheGoldenOnes(_ url: URL) throws {
        let texts = try #require(try parse(TinyModel.golden)["texts"]?.array)
        #expect(texts.count == 5)
        let model = try loadModel(url)
        for text in texts {
            let ids = integers(text["ids"])
            let batch = TokenBatch(examples: [(ids, ids.indices.map { $0 > 0 })])
            let tokens = try model.tokenLosses(batch, workspace: Workspace()).values.map { -$0 }
            #expect(maximumDifference(tokens, floats(text["log_probabilities"])) < 1e-4)
        }
    }

    /// The model with PEFT's initial adapter, and the batch of the golden run.
    static func peftRun(
        precision: ElementType = .f32
    ) throws -> (model: LanguageModel, slab: ParameterSlab, batch: TokenBatch, loss: [Double]) {
        let model = try loadModel(TinyModel.base, precision: precision)
        let slab = model.attachAdapters(rank: 4, scale: 2)
        let file = try SafetensorsFile(TinyModel.lora.appendingPathComponent("init/adapter_model.safetensors"))
        for slot in slab.slots {
            let tensor = try #require(try file.tensor("base_model.model." + slot.name))
            for (place, value) in zip(slot.range, floats(tensor)) { slab.values[place] = value }
        }
        #expect(file.tensors.count == slab.slots.count)
        let golden = try parse(TinyModel.lora.appendingPathComponent("golden.json"))
        let rows = zip(
            zip(golden["input_ids"]?.array ?? [], golden["attention_mask"]?.array ?? []), golden["labels"]?.array ?? [])
        let batch = TokenBatch(
            examples: rows.map { row, labels in
                let length = integers(row.1).reduce(0) { $0 + Int($1) }
                return (Array(integers(row.0).prefix(length)), integers(labels).prefix(length).map { $0 >= 0 })
            })
        let loss = (golden["loss_per_step_then_after"]?.array ?? []).compactMap(\.double)
        return (model, slab, batch, loss)
    }

    @Test func lossLogitsAndGradientsAreThoseOfPEFT() throws {
        let (model, slab, batch, expectedLoss) = try Self.peftRun()
        let (loss, _) = try model.gradients([batch], slab: slab, gradientScale: 1 / Float(batch.targetCount))
        #expect(abs((loss.total.meanLoss ?? .nan) - expectedLoss[0]) < 1e-6)
        let golden = try SafetensorsFile(TinyModel.lora.appendingPathComponent("grads_step0.safetensors"))
        for slot in slab.slots {
            let name = "base_model.model." + slot.name.replacing(".weight", with: ".default.weight")
            let expected = floats(try #require(try golden.tensor(name)))
            #expect(relativeError(slot.range.map { slab.gradients[$0] }, expected) < 1e-4, "\(slot.name)")
        }
        let logits = try model.logits(batch, workspace: Workspace())
        let file = try SafetensorsFile(TinyModel.lora.appendingPathComponent("logits_step0.safetensors"))
        let expected = try #require(try file.tensor("logits"))
        // The golden batch is padded to the longest row.
        let (width, vocabulary) = (expected.shape[1], TinyModel.vocabularySize)
        let numbers = floats(expected)
        let rows = zip(batch.bounds, batch.bounds.dropFirst()).enumerated().flatMap { row, bounds in
            numbers[(row * width * vocabulary)...].prefix((bounds.1 - bounds.0) * vocabulary)
        }
        #expect(maximumDifference(logits, rows) < 1e-4)
    }

    @Test func mixedPrecisionStaysNearFullPrecision() throws {
        let (model, slab, batch, expectedLoss) = try Self.peftRun(precision: .bf16)
        let (loss, gradients) = try model.gradients([batch], slab: slab, gradientScale: 1 / Float(batch.targetCount))
        #expect(abs((loss.total.meanLoss ?? .nan) - expectedLoss[0]) < 0.01 * expectedLoss[0])
        let (full, fullSlab, _, _) = try Self.peftRun()
        let exact = try full.gradients([batch], slab: fullSlab, gradientScale: 1 / Float(batch.targetCount)).gradients
        #expect(relativeError(gradients, exact) < 0.05)
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(
                atPath: packageRoot.appendingPathComponent("checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf").path),
            "needs the base model under checkpoints/base"))
    func smolLM2PredictsPlainEnglish() throws {
        let model = try loadModel(
            packageRoot.appendingPathComponent("checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf"))
        // "The capital of France is Paris."
        let ids: [Int32] = [504, 3575, 282, 4649, 314, 7042, 30]
        let batch = TokenBatch(examples: [(ids, ids.indices.map { $0 == 5 })])
        #expect(try model.tokenLosses(batch, workspace: Workspace()).sums[0] < 2)
    }
}
