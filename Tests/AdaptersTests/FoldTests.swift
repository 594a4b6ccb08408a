// Fold adapters in files: a column of A for each block, and weights that have no blocks of the kind.

import Adapters
import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct FoldTests {
    /// Layers in Q4_1, but value projections in Q8_0.
    private let layers = tinyLayers(blocks: 2).map {
        AdaptableLayer(
            path: $0.path, inputSize: $0.inputSize, outputSize: $0.outputSize,
            weightType: $0.path.hasSuffix("v_proj") ? .q8_0 : .q4_1)
    }

    private func set(_ targets: AdapterTargets = .allLinear, on layers: [AdaptableLayer]) throws -> AdapterSet {
        try AdapterSet(AdapterConfiguration(method: .fold, rank: 4, alpha: 6, targets: targets), for: layers)
    }

    private func problems(_ targets: AdapterTargets, on layers: [AdaptableLayer]) -> [AdapterError.Problem] {
        do {
            _ = try set(targets, on: layers)
            return []
        } catch { return (error as? AdapterError)?.problems ?? [] }
    }

    @Test func aColumnOfAStandsForABlock() throws {
        let set = try set(.patterns(["down_proj"]), on: layers)
        #expect(set.members.map(\.adapter.a.columns) == [4, 4] && set.members.map(\.adapter.inputSize) == [128, 128])
        #expect(set.trainableParameterCount == 2 * 4 * (4 + 64))
    }

    @Test func allLinearLeavesOutWhatCannotBeChanged() throws {
        let set = try set(on: layers)
        #expect(set.members.count == 12 && !set.coverage.matched.contains { $0.hasSuffix("v_proj") })
        #expect(set.coverage.table.first { $0.kind == "v_proj" }?.matchedCount == 0)
        // LoRA changes any of them.
        #expect(try AdapterSet(AdapterConfiguration(rank: 4, alpha: 6), for: layers).members.count == 14)
    }

    @Test func whatCannotBeChangedIsRefusedWhereItIsNamed() throws {
        let named = problems(.patterns(["v_proj", "q_proj"]), on: layers)
        #expect(named.map(\.subject) == (0..<2).map { "model.layers.\($0).self_attn.v_proj" })
        #expect(named.allSatisfy { $0.expected == "Q4_1 or Q5_1" && $0.found == "Q8_0" && $0.text.contains("fold") })
        let floats = layers.map {
            AdaptableLayer(path: $0.path, inputSize: $0.inputSize, outputSize: $0.outputSize, weightType: .bf16)
        }
        #expect(problems(.allLinear, on: floats).count == 14)
    }

    /// A pattern of ranks for modules that are left out would do nothing.
    @Test func patternsOfWhatIsLeftOutAreRefused() {
        let configuration = AdapterConfiguration(
            method: .fold, rank: 4, alpha: 6, rankOverrides: [.init(pattern: "v_proj", value: 2)])
        #expect(throws: AdapterError.self) { try configuration.requireEffect(on: layers) }
    }

    /// One of two value projections can be changed: the written list of modules means that one alone.
    @Test func aWrittenAdapterComesBackBitForBit() throws {
        var layers = layers
        layers[2] = AdaptableLayer(path: layers[2].path, inputSize: 64, outputSize: 32, weightType: .q5_1)
        let set = try set(on: layers)
        #expect(set.members.count == 13)
        set.initialise(seed: 3)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter")
            try set.writePEFT(to: url, baseName: "base", provenance: AdapterProvenance())
            let directory = try PEFTDirectory(url)
            let back = try AdapterSet(directory, for: layers)
            #expect(Array(back.slab.values) == Array(set.slab.values))
            #expect(back.configuration.method == .fold && back.coverage.matched == set.coverage.matched)
            // The same folder on a base that is stored otherwise.
            #expect(throws: AdapterError.self) {
                try AdapterSet(
                    directory,
                    for: tinyLayers(blocks: 2).map {
                        AdaptableLayer(
                            path: $0.path, inputSize: $0.inputSize, outputSize: $0.outputSize, weightType: .q4_K)
                    })
            }
        }
    }

    @Test func itsTypeIsNoneOfPEFTs() throws {
        let text = AdapterConfiguration(method: .fold, rank: 2, alpha: 4).text
        #expect(try JSONValue(parsing: text)["peft_type"] == "LATHE_FOLD")
        #expect(try AdapterConfiguration(text: text).method == .fold)
        let switched = text.replacing(#""use_dora":false"#, with: #""use_dora":true"#)
        #expect(switched != text)
        #expect(throws: AdapterError.self) { try AdapterConfiguration(text: switched) }
        let other = text.replacing("LATHE_FOLD", with: "VERA")
        #expect(throws: AdapterError.self) { try AdapterConfiguration(text: other) }
    }

    /// Forms of tools that know no such method say what holds the change.
    @Test func otherFormsHaveNoRoomForIt() {
        #expect(PEFTDirectory.methods.contains(.fold))
        #expect { try MLXDirectory.requireRoom(for: .fold) } throws: { error in
            "\(error)".contains("a model's export holds them merged")
        }
        #expect(throws: AdapterError.self) { try GGUFAdapter.requireRoom(for: .fold) }
    }

    /// Whoever hands the folder to PEFT is told so at once.
    @Test(.needsPython("peft", "transformers")) func peftRefusesIt() throws {
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: openWeights(TinyModel.mixed)),
            weights: openWeights(TinyModel.mixed), precision: .f32)
        let set = try AdapterSet(AdapterConfiguration(method: .fold, rank: 2, alpha: 4), for: model)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter")
            try set.writePEFT(to: url, baseName: TinyModel.base.path, provenance: AdapterProvenance())
            let program = """
                import sys, transformers, peft
                model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[2])
                try:
                    peft.PeftModel.from_pretrained(model, sys.argv[1])
                except Exception as error:
                    print(error)
                """
            let (status, text) = try ReferencePython.run(
                with: ["peft", "transformers"], ["-c", program, url.path, TinyModel.base.path])
            #expect(status == 0 && text.contains("LATHE_FOLD"))
        }
    }
}
