// Adapters on attention, router and experts against PEFT: losses, logits, gradients, files, merges. Written by
// scripts/goldens/expert_adapters.py.

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

@Suite struct ExpertAdapterTests {
    static let trained = ["all", "dense-layers", "parameters", "rank-stabilised"]
    static let names = trained + ["old"]

    @Test(arguments: names) func logitsAreThoseOfPEFT(_ name: String) throws {
        let reference = try AdapterReference("experts/" + name)
        let logits = try reference.logits(of: reference.model)
        #expect(logits.count == 24 * 48)
        #expect(maximumDifference(logits, reference.logits) < 1e-4)
        // They are the adapter's.
        reference.model.adapters = .none
        #expect(maximumDifference(try reference.logits(of: reference.model), logits) > 0.1)
    }

    @Test(arguments: trained, [0, 2])
    func lossesAndGradientsAreThoseOfPEFT(_ name: String, recomputedBlocks: Int) throws {
        let reference = try AdapterReference("experts/" + name)
        let loss = try reference.trainingLoss(recomputedBlocks: recomputedBlocks)
        #expect(abs(loss - (try #require(reference.golden["loss"]?.double))) < 1e-5)
        let golden = try reference.goldenGradients()
        for slot in golden.slab.slots {
            let expected = Array(golden.slab.values(slot).floats)
            let found = Array(reference.set.slab.gradients(slot).floats)
            #expect(maximumDifference(found, expected) < 1e-5, "\(slot.name)")
        }
        #expect(golden.slab.values.contains { abs($0) > 1e-3 })
    }

    @Test(arguments: trained) func mixedPrecisionStaysNearFullPrecision(_ name: String) throws {
        let full = try AdapterReference("experts/" + name),
            mixed = try AdapterReference("experts/" + name, precision: .bf16)
        let (exact, rounded) = (try full.trainingLoss(), try mixed.trainingLoss())
        #expect(abs(rounded - exact) < 0.01 * exact)
    }

    /// Which rows go to which expert is not known before: the prediction holds whatever they do.
    @Test(arguments: trained, [0, 2]) func memoryIsPredicted(_ name: String, recomputedBlocks: Int) throws {
        let reference = try AdapterReference("experts/" + name), workspace = Workspace()
        _ = try reference.trainingLoss(recomputedBlocks: recomputedBlocks, workspace: workspace)
        let batch = reference.batch
        let predicted = Learner(reference.model, CrossEntropyObjective()).predictedBytes(
            rows: batch.rowCount, targets: batch.targetCount, recomputedBlocks: recomputedBlocks)
        #expect(workspace.peakBytes <= predicted && Double(predicted) < 1.5 * Double(workspace.peakBytes))
    }

    // MARK: Files

    @Test(arguments: trained) func whatIsWrittenIsWhatPEFTWrote(_ name: String) throws {
        let reference = try AdapterReference("experts/" + name)
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("adapter")
            try reference.set.writePEFT(to: folder, baseName: nil, provenance: AdapterProvenance())
            let own = try SafetensorsFile(folder.appendingPathComponent("adapter_model.safetensors"))
            let golden = try SafetensorsFile(reference.folder.appendingPathComponent("adapter_model.safetensors"))
            #expect(own.names == golden.names.sorted())
            for name in golden.names {
                let (left, right) = (try own.tensor(name), try golden.tensor(name))
                #expect(left?.shape == right?.shape && left.map { Array($0.bytes) } == right.map { Array($0.bytes) })
            }
            let again = try AdapterSet(PEFTDirectory(folder), for: reference.model)
            #expect(again.members.map(\.adapter.scale) == reference.set.members.map(\.adapter.scale))
            #expect(again.slab.values.elementsEqual(reference.set.slab.values))
        }
    }

    /// As PEFT reads it: the factors of an expert's gate and up become one pair.
    @Test func anOldAdapterIsWrittenAsANewOne() throws {
        let reference = try AdapterReference("experts/old")
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("adapter")
            try reference.set.writePEFT(to: folder, baseName: nil, provenance: AdapterProvenance())
            let own = try SafetensorsFile(folder.appendingPathComponent("adapter_model.safetensors"))
            let inner = "base_model.model.model.layers.0.mlp.experts.base_layer.lora_"
            #expect(try own.tensor(inner + "A.weight")?.shape == [16, 32])
            #expect(try own.tensor(inner + "B.weight")?.shape == [48, 16])
            let again = try AdapterSet(PEFTDirectory(folder), for: reference.model)
            again.attach(to: reference.model)
            #expect(maximumDifference(try reference.logits(of: reference.model), reference.logits) < 1e-4)
        }
    }

    @Test(arguments: names) func anAdapterOfLlamaCppComputesTheSame(_ name: String) throws {
        let reference = try AdapterReference("experts/" + name), model = AdaptedModel(reference.model)
        try withTemporaryDirectory { place in
            let notes = AdapterNotes(baseName: nil, provenance: AdapterProvenance())
            let file = try GGUFAdapter.write(
                reference.set, notes, as: .f32, on: model, to: place.appendingPathComponent("a.gguf"))
            let gguf = try GGUFFile(file)
            if name == "all" {
                #expect(gguf.entry("blk.1.ffn_gate_exps.weight.lora_a")?.shape == [4, 4, 32])
                #expect(gguf.entry("blk.1.ffn_down_exps.weight.lora_b")?.shape == [4, 32, 2])
                #expect(gguf.entry("blk.1.ffn_gate_inp.weight.lora_b")?.shape == [4, 2])
            }
            let read = try GGUFAdapter(file).adapter(for: model)
            read.attach(to: reference.model)
            #expect(maximumDifference(try reference.logits(of: reference.model), reference.logits) < 1e-4)
        }
    }

    /// Combined, an expert's gate and up have factors of their own; as PEFT has them they are one pair, with zeros where they meet.
    @Test(arguments: [CombinationMethod.linear, .cat, .svd])
    func aCombinationIsWrittenAsPEFTHasIt(_ method: CombinationMethod) throws {
        let reference = try AdapterReference("experts/all"), model = AdaptedModel(reference.model)
        let halves = (0..<2).map { WeightedAdapter(reference.set, name: "half \($0)", weight: 0.5) }
        var settings = CombinationSettings(method: method)
        if method == .svd { settings.svdRank = 4 }
        let set = try AdapterSet(combining: halves, settings, for: model.layers)
        func logits(_ set: AdapterSet) throws -> [Float] {
            set.attach(to: reference.model)
            return try reference.logits(of: reference.model)
        }
        let expected = try logits(set)
        if method != .linear { #expect(maximumDifference(expected, reference.logits) < 1e-3) }
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("adapter")
            try set.writePEFT(to: folder, baseName: nil, provenance: AdapterProvenance())
            let read = try AdapterSet(PEFTDirectory(folder), for: reference.model)
            #expect(maximumDifference(try logits(read), expected) < 1e-4)
        }
    }

    @Test(arguments: names) func theMergedModelComputesTheSame(_ name: String) throws {
        let reference = try AdapterReference("experts/" + name), deltas = reference.set.lowRankDeltas
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            let result = try ModelMerger(base: reference.weights).merge(
                deltas, as: .huggingFaceFolder, into: output, options: ModelOutputOptions(type: .fp32))
            #expect(result.tensorsApplied == reference.set.members.count && result.deltaNorm > 0)
            let merged = try LanguageModel(openWeights(output), precision: .f32)
            #expect(maximumDifference(try reference.logits(of: merged), reference.logits) < 1e-4)
        }
    }

    // MARK: What there is not

    private func problem(_ configuration: AdapterConfiguration, on name: String = "all") throws -> String {
        let model = try AdapterReference("experts/" + name).model
        let error = #expect(throws: AdapterError.self) { try AdapterSet(configuration, for: model) }
        return error.map { "\($0)" } ?? ""
    }

    @Test func whatPEFTCannotHaveIsRefusedByName() throws {
        #expect(
            try problem(AdapterConfiguration(rank: 2, alpha: 2, targets: .patterns(["w1"])))
                .contains("block_sparse_moe.experts.0.w3: is left out"))
        #expect(
            try problem(AdapterConfiguration(rank: 2, alpha: 2, targets: .patterns(["experts.1.w2"])))
                .contains("block_sparse_moe.experts.0.w2: is left out"))
        #expect(try problem(AdapterConfiguration(rank: 2, alpha: 2, dropout: 0.1)).contains("adapter.dropout"))
        #expect(try problem(AdapterConfiguration(method: .dora, rank: 2, alpha: 2)).contains("adapter.method"))
        #expect(
            try problem(
                AdapterConfiguration(rank: 2, alpha: 2, targets: .patterns(["layers.1.mlp.up_proj"])),
                on: "dense-layers"
            )
            .contains("matches no linear layer"))
        var configuration = AdapterConfiguration(rank: 2, alpha: 2, targets: .patterns(["q_proj"]))
        configuration.parameters = ["gate_up"]
        #expect(try problem(configuration).contains("target_parameters.gate_up: matches no parameter"))
        // With dropout on attention alone nothing is wrong.
        let attention = AdapterConfiguration(
            rank: 2, alpha: 2, dropout: 0.1, targets: .patterns(["q_proj", "v_proj"]))
        #expect(try AdapterSet(attention, for: AdapterReference("experts/all").model).members.count == 4)
    }
}
