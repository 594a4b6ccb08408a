// DoRA against PEFT: losses, gradients, merge and file. Written by scripts/goldens/dora_layers.py.

import Adapters
import Foundation
import JSON
import ModelExport
import Models
import Objectives
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

private func floats(_ tensor: FrozenTensor) -> [Float] { Array(tensor.bytes.bindMemory(to: Float.self)) }

@Suite struct DoRATests {
    static let names = ["biases", "dropout", "norms"]

    @Test(arguments: names, [0, 1, 3])
    func lossesAndGradientsAreThoseOfPEFT(_ name: String, recomputedBlocks: Int) throws {
        let reference = try AdapterReference("dora/" + name)
        let (batch, slab) = (reference.batch, reference.set.slab)
        let loss = try reference.model.tokenLosses(batch, workspace: Workspace()).sums[0] / Double(batch.targetCount)
        #expect(abs(loss - (try reference.number("loss"))) < 1e-5)
        let trained = try reference.trainingLoss(recomputedBlocks: recomputedBlocks)
        #expect(abs(trained - (try reference.number("training_loss"))) < 1e-5)
        let golden = try SafetensorsFile(reference.folder.appendingPathComponent("gradients.safetensors"))
        #expect(golden.names.count == slab.slots.count)
        for slot in slab.slots {
            let path = slot.name.hasSuffix(".weight") ? String(slot.name.dropLast(7)) : slot.name
            let tensor = try #require(try golden.tensor("base_model.model.\(path).default.weight"))
            #expect(relativeError(slab.gradients(slot).floats, floats(tensor)) < 1e-4, "\(slot.name)")
        }
    }

    @Test(arguments: names) func mixedPrecisionStaysNearFullPrecision(_ name: String) throws {
        let full = try AdapterReference("dora/" + name), mixed = try AdapterReference("dora/" + name, precision: .bf16)
        let (exact, rounded) = (try full.trainingLoss(), try mixed.trainingLoss())
        #expect(abs(rounded - exact) < 0.01 * exact)
        #expect(relativeError(mixed.set.slab.gradients, full.set.slab.gradients) < 0.05)
    }

    @Test(arguments: names, [0, 2]) func memoryIsPredicted(_ name: String, recomputedBlocks: Int) throws {
        let reference = try AdapterReference("dora/" + name), workspace = Workspace()
        _ = try reference.trainingLoss(recomputedBlocks: recomputedBlocks, workspace: workspace)
        let batch = reference.batch
        let predicted = Learner(reference.model, CrossEntropyObjective()).predictedBytes(
            rows: batch.rowCount, targets: batch.targetCount, recomputedBlocks: recomputedBlocks)
        #expect(workspace.peakBytes <= predicted && Double(predicted) < 1.3 * Double(workspace.peakBytes))
    }

    @Test(arguments: names) func mergedWeightsAreThoseOfPEFT(_ name: String) throws {
        let reference = try AdapterReference("dora/" + name)
        let merger = try ModelMerger(base: reference.weights)
        let deltas = reference.set.lowRankDeltas
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            let result = try merger.merge(
                deltas, as: .huggingFaceFolder, into: output, options: ModelOutputOptions(type: .fp32))
            let merged = try openWeights(output)
            let golden = try SafetensorsFile(reference.folder.appendingPathComponent("merged_layer_1.safetensors"))
            for path in golden.names {
                let expected = floats(try #require(try golden.tensor(path)))
                #expect(maximumDifference(floats(try merged.tensor(at: path)), expected) < 2e-6, "\(path)")
            }
            // What changed is told by its length.
            var squares = 0.0
            for path in deltas.map({ $0.path + ".weight" }) {
                let pairs = zip(floats(try merged.tensor(at: path)), floats(try reference.weights.tensor(at: path)))
                squares += pairs.reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
            }
            #expect(abs(result.deltaNorm - squares.squareRoot()) < 1e-4 * result.deltaNorm)
        }
    }

    /// The run of the trained small model: its rows in one batch, and its end merged from either form of the base.
    @Test func raggedRowsAreThoseOfPEFT() throws {
        let weights = try openWeights(TinyModel.base), run = TinyModel.run("dora")
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32)
        let set = try AdapterSet(PEFTDirectory(run.appendingPathComponent("init")), for: model)
        set.attach(to: model)
        let golden = try JSONValue(parsing: [UInt8](Data(contentsOf: run.appendingPathComponent("golden.json"))))
        func rows(_ key: String) -> [[Int32]] {
            (golden[key]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer).map { Int32($0) } }
        }
        let lengths = rows("attention_mask").map { $0.reduce(0) { $0 + Int($1) } }
        let examples = zip(zip(rows("input_ids"), rows("labels")), lengths).map { row, length in
            (Array(row.0.prefix(length)), row.1.prefix(length).map { $0 >= 0 })
        }
        let batch = TokenBatch(examples: examples)
        _ = try Learner(model, CrossEntropyObjective()).accumulateGradients(
            batch, gradientScale: 1 / Float(batch.targetCount), recomputedBlocks: 0, workspace: Workspace(),
            dropout: DropoutKey(seed: 3, stream: 0, firstRow: 0))
        let gradients = try SafetensorsFile(run.appendingPathComponent("grads_step0.safetensors"))
        #expect(gradients.names.count == 3 * TinyModel.linearLayers)
        for slot in set.slab.slots {
            let path = slot.name.hasSuffix(".weight") ? String(slot.name.dropLast(7)) : slot.name
            let expected = floats(try #require(try gradients.tensor("base_model.model.\(path).default.weight")))
            #expect(relativeError(set.slab.gradients(slot).floats, expected) < 1e-4, "\(slot.name)")
        }
        let expected = try #require(
            try SafetensorsFile(run.appendingPathComponent("logits_step0.safetensors")).tensor("logits"))
        // The golden batch is padded to the longest row.
        let rowNumbers = expected.shape[1] * TinyModel.vocabularySize, numbers = floats(expected)
        let whole = lengths.enumerated().flatMap { row, length in
            numbers[(row * rowNumbers)...].prefix(length * TinyModel.vocabularySize)
        }
        #expect(maximumDifference(try model.logits(batch, workspace: Workspace()), whole) < 1e-4)
    }

    @Test(arguments: [TinyModel.base, TinyModel.gguf]) func aTrainedAdapterMergesAsInPEFT(_ base: URL) throws {
        let run = TinyModel.run("dora")
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            let weights = try openWeights(base)
            let set = try AdapterSet(
                PEFTDirectory(run.appendingPathComponent("final")), for: LanguageModel(weights, precision: .f32))
            let result = try ModelMerger(base: weights)
                .merge(set.lowRankDeltas, as: .huggingFaceFolder, into: output)
            #expect(result.tensorsApplied == TinyModel.linearLayers && result.deltaNorm > 0)
            let merged = try openWeights(output)
            let golden = try SafetensorsFile(run.appendingPathComponent("merged_layer_1.safetensors"))
            #expect(golden.names.count == 9)
            for name in golden.names {
                let expected = floats(try #require(try golden.tensor(name)))
                #expect(maximumDifference(floats(try merged.tensor(at: name)), expected) < 2e-6, "\(name)")
            }
        }
    }

    /// The proof of a merge: honest rounding passes, another length of one row does not.
    @Test(arguments: [WeightType.fp32, .bf16]) func onlyRoundingPassesTheProof(_ type: WeightType) throws {
        let reference = try AdapterReference("dora/biases"), set = reference.set
        let merger = try ModelMerger(base: reference.weights)
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            _ = try merger.merge(
                set.lowRankDeltas, as: .huggingFaceFolder, into: output, options: ModelOutputOptions(type: type))
            let merged = try openWeights(output)
            #expect(
                try merger.compare(set.lowRankDeltas, with: merged, as: .huggingFaceFolder, type: type).strayCount == 0)
            let magnitude = try #require(set.slab.slots.last { $0.name.hasSuffix("lora_magnitude_vector") })
            set.slab.values(magnitude).floats[0] *= 1.02
            let found = try merger.compare(set.lowRankDeltas, with: merged, as: .huggingFaceFolder, type: type)
            #expect(
                found.strayCount > 0
                    && found.firstStray == magnitude.name.replacing("lora_magnitude_vector", with: "weight"))
        }
    }

    /// Another head than the embedding, if the adapter stands on it: merged in memory as on disk.
    @Test func anAdapterOnTheHeadIsScoredAsItIsMerged() throws {
        let reference = try AdapterReference("dora/biases"), model = reference.model
        let configuration = AdapterConfiguration(method: .dora, rank: 2, alpha: 4, targets: .patterns(["lm_head"]))
        let head = AdaptableLayer(
            path: "lm_head", inputSize: model.configuration.width, outputSize: model.configuration.vocabularySize)
        let set = try AdapterSet(configuration, for: [head])
        for (index, value) in set.slab.values.indices.enumerated() {
            set.slab.values[value] = Float(index % 7 - 3) * 0.1 + (index >= set.slab.slots[2].offset ? 1 : 0)
        }
        set.attach(to: model)
        let expected = try model.logits(reference.batch, workspace: Workspace())
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            _ = try ModelMerger(base: reference.weights)
                .merge(
                    set.lowRankDeltas, as: .huggingFaceFolder, into: output, options: ModelOutputOptions(type: .fp32))
            let weights = try openWeights(output)
            let merged = try LanguageModel(
                configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32)
            #expect(maximumDifference(try merged.logits(reference.batch, workspace: Workspace()), expected) < 1e-5)
            // Each row is as long as it was trained to be.
            let rows = floats(try weights.tensor(at: "lm_head.weight")), width = head.inputSize
            let norms = (0..<head.outputSize).map { row in
                rows[(row * width)..<((row + 1) * width)].reduce(0.0) { $0 + Double($1 * $1) }.squareRoot()
            }
            let magnitudes = set.slab.values(set.slab.slots[2]).floats.map { abs(Double($0)) }
            #expect(maximumDifference(norms, magnitudes) < 1e-5)
            model.adapters = .none
            #expect(maximumDifference(try model.logits(reference.batch, workspace: Workspace()), expected) > 0.01)
        }
    }

    @Test(arguments: names) func theFileIsThatOfPEFT(_ name: String) throws {
        let reference = try AdapterReference("dora/" + name)
        #expect(reference.set.configuration.method == .dora)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter")
            try reference.set.writePEFT(to: url, baseName: nil, provenance: AdapterProvenance())
            let written = try SafetensorsFile(url.appendingPathComponent("adapter_model.safetensors"))
            let golden = try SafetensorsFile(reference.folder.appendingPathComponent("adapter_model.safetensors"))
            #expect(written.names == golden.names)
            for name in golden.names {
                let (left, right) = (try #require(try written.tensor(name)), try #require(try golden.tensor(name)))
                #expect(left.shape == right.shape && floats(left) == floats(right), "\(name)")
            }
            let json = try JSONValue(
                parsing: [UInt8](Data(contentsOf: url.appendingPathComponent("adapter_config.json"))))
            #expect(json["use_dora"] == true)
        }
    }

    @Test(arguments: names) func cachedStepsGiveTheLogitsOfOnePass(_ name: String) throws {
        let reference = try AdapterReference("dora/" + name), model = reference.model
        let ids = Array(reference.batch.ids), vocabulary = model.configuration.vocabularySize
        let whole = try model.logits(reference.batch, workspace: Workspace())
        // Prompts of many rows and of few, then single tokens.
        for count in [9, 2] {
            for (index, logits) in model.cachedLogits(ids, promptOf: count).enumerated() {
                let expected = whole[((count - 1 + index) * vocabulary)..<((count + index) * vocabulary)]
                #expect(maximumDifference(logits, Array(expected)) < 1e-4)
            }
        }
        // Numbers that were changed are seen at once.
        reference.set.slab.values(reference.set.slab.slots[2]).floats[0] *= 2
        reference.set.slab.valuesChanged()
        #expect(maximumDifference(try model.logits(reference.batch, workspace: Workspace()), whole) > 1e-3)
    }

    /// Before training the adapted model is the base, whatever its rows' lengths.
    @Test(arguments: names) func trainingBeginsAtTheBase(_ name: String) throws {
        let reference = try AdapterReference("dora/" + name), model = reference.model
        let set = try AdapterSet(reference.set.configuration, for: model)
        set.initialise(seed: 1, on: model)
        set.attach(to: model)
        let logits = try model.logits(reference.batch, workspace: Workspace())
        model.adapters = .none
        #expect(maximumDifference(logits, try model.logits(reference.batch, workspace: Workspace())) < 1e-6)
    }
}
