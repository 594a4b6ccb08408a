// Encoders that tag words, against transformers' …ForTokenClassification under PEFT: answers, losses, gradients, some steps.

import Adapters
import Datasets
import Foundation
import JSON
import Kernels
import Models
import Objectives
import TestSupport
import Tensors
import Testing
import Vocabulary
import WeightFiles

private let names = ["bert", "roberta", "distilbert", "modernbert"]

/// What transformers says, and the same model, adapter and texts here.
private struct Reference {
    let folder: URL
    let golden: JSONValue
    let found: JSONValue
    let model: LanguageModel
    let set: AdapterSet

    init(_ name: String) throws {
        let all = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/encoder-tagging")
        folder = all.appendingPathComponent(name)
        golden = try JSONValue(parsing: [UInt8](Data(contentsOf: all.appendingPathComponent("golden.json"))))
        found = try #require(golden["models"]?[name])
        let weights = try HuggingFaceDirectory(folder.appendingPathComponent("model"))
        model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: weights.configuration), weights: weights, precision: .f32)
        let directory = try PEFTDirectory(folder.appendingPathComponent("adapter"))
        set = try AdapterSet(directory.configuration, for: model)
        try set.load(directory.values())
        set.attach(to: model)
    }

    var learner: Learner { Learner(model, Tagging()) }

    var examples: [TokenizedExample] {
        func list(_ value: JSONValue?) -> [Int] { (value?.array ?? []).compactMap(\.integer) }
        return (golden["texts"]?.array ?? []).enumerated().map { row, text in
            let ids = list(text["ids"]), words = list(text["words"])
            return TokenizedExample(
                read: ids.map { Int32($0) }, isRead: ids.indices.map(words.contains),
                wanted: list(text["wanted"]).map { Float($0) }, place: RowPlace(file: "texts", line: row + 1),
                index: row)
        }
    }

    func lists(_ key: String) -> [[Double]] {
        (found[key]?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
    }
}

@Suite struct EncoderTaggingTests {
    @Test(arguments: names) func answersAreThoseOfTransformers(_ name: String) throws {
        let reference = try Reference(name), head = try #require(reference.set.configuration.head)
        #expect(head.task == .tag && head.path == "classifier" && head.hasBias && head.outputs == 5)
        var answers: [[Double]] = []
        try reference.model.pass(TokenBatch(of: reference.examples), workspace: Workspace()).run { rows in
            try rows.forEachAnswer(goesBack: false) { answers.append($0.values.map { Double($0) }) }
        }
        let expected = reference.lists("logits")
        #expect(answers.count == expected.count && answers.count == 8)
        for (mine, theirs) in zip(answers, expected) { #expect(maximumDifference(mine, theirs) < 1e-4) }
    }

    @Test(arguments: names) func lossesAndGradientsAreThoseOfPEFT(_ name: String) throws {
        let reference = try Reference(name), slab = reference.set.slab
        slab.zeroGradients()
        let words = reference.examples.reduce(0) { $0 + $1.targetCount }
        let sums = try reference.learner.accumulateGradients(
            TokenBatch(of: reference.examples), gradientScale: 1 / Float(words), recomputedBlocks: 0,
            workspace: Workspace(), dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
        #expect(abs((sums.total.meanLoss ?? .nan) - (reference.found["loss"]?.double ?? 0)) < 1e-5)
        let gradients = try SafetensorsFile(reference.folder.appendingPathComponent("gradients.safetensors"))
        #expect(gradients.names.count == slab.slots.count)
        for slot in slab.slots {
            let tensor = try #require(try gradients.tensor("base_model.model." + slot.name), "\(slot.name)")
            let expected = Array(tensor.bytes.bindMemory(to: Float.self))
            #expect(relativeError(slab.gradients(slot).floats, expected) < 1e-4, "\(slot.name)")
        }
    }

    /// Whole, and cut text by text.
    @Test(arguments: names, [1_000, 1]) func stepsAreThoseOfPEFT(_ name: String, rowLimit: Int) throws {
        let reference = try Reference(name), slab = reference.set.slab
        let losses = (reference.found["losses"]?.array ?? []).compactMap(\.double)
        let found = try lossesOfSteps(
            losses.count, of: reference.learner, slab, on: reference.examples,
            rate: reference.golden["rate"]?.double ?? 0, rowLimit: rowLimit)
        #expect(losses.count == 5 && maximumDifference(found, losses) < 2e-5)
    }

    /// Where nothing is trained the likeliest tag of each word is kept, with its probability.
    @Test func theLikeliestTagIsKept() throws {
        let reference = try Reference("bert")
        let sums = try reference.learner.sums(TokenBatch(of: reference.examples), workspace: Workspace())
        let kept = sums.units.flatMap { TagAnswer.answers($0.answers) }, expected = reference.lists("logits")
        #expect(sums.units.map { TagAnswer.answers($0.answers).count } == [3, 1, 4] && sums.total.answers.isEmpty)
        for (answer, logits) in zip(kept, expected) {
            let largest = logits.max() ?? 0
            #expect(logits[answer.place] == largest)
            #expect(abs(answer.probability - 1 / logits.reduce(0) { $0 + exp($1 - largest) }) < 1e-4)
        }
    }
}
