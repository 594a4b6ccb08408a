// The vector that DoRA keeps beside the factors, in files of PEFT.

import Adapters
import Foundation
import Models
import TestSupport
import Testing
import WeightFiles

@Suite struct MagnitudeTests {
    private static let path = "base_model.model.model.layers.0.self_attn.q_proj"
    private static let factors = [("\(path).lora_A.weight", [2, 64]), ("\(path).lora_B.weight", [64, 2])]

    /// The problems of reading factors with further tensors; empty where the adapter is read.
    private func problems(_ further: [(String, [Int])], isDoRA: Bool = true) throws -> [AdapterError.Problem] {
        try withTemporaryDirectory { folder in
            let settings =
                #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"], "use_dora": \#(isDoRA)}"#
            try Data(settings.utf8).write(to: folder.appendingPathComponent("adapter_config.json"))
            let tensors = Self.factors + further
            let writer = try SafetensorsWriter(
                folder.appendingPathComponent("adapter_model.safetensors"),
                entries: tensors.map { .init(name: $0.0, dtype: .f32, shape: .init($0.1)) })
            for (_, shape) in tensors { try writer.write([Float](repeating: 0.5, count: shape.reduce(1, *))) }
            try writer.finish()
            do {
                let set = try AdapterSet(PEFTDirectory(folder), for: tinyLayers(blocks: 1))
                #expect(set.configuration.method == (isDoRA ? .dora : .lora))
                return []
            } catch let error as AdapterError { return error.problems }
        }
    }

    /// PEFT's files end the key with the vector's name, a whole `state_dict` adds the adapter's.
    @Test(arguments: ["", ".weight", ".default.weight", ".my.adapter"])
    func itsKeyMayHoldTheAdaptersName(_ end: String) throws {
        #expect(try problems([("\(Self.path).lora_magnitude_vector\(end)", [64])]).isEmpty)
    }

    @Test func missingMisshapenAndUnexpectedAreNamed() throws {
        let name = "\(Self.path).lora_magnitude_vector"
        let slot = "model.layers.0.self_attn.q_proj.lora_magnitude_vector"
        let missing = try problems([])
        #expect(missing.map(\.text) == ["is missing"] && missing.map(\.subject) == [slot])
        let short = try problems([(name, [63])])
        #expect(short.map(\.text) == ["has another shape"] && short.map(\.subject) == [slot])
        #expect(try problems([(name, [64, 1])]).map(\.text) == ["is not a vector"])
        let unexpected = try problems([(name, [64])], isDoRA: false)
        #expect(unexpected.map(\.text) == ["belongs to no adapter of the model"] && unexpected[0].subject == slot)
    }

    @Test func aWrittenAdapterComesBackBitForBit() throws {
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: openWeights(TinyModel.base)), weights: openWeights(TinyModel.base),
            precision: .f32)
        let configuration = AdapterConfiguration(
            method: .dora, rank: 4, alpha: 6, dropout: 0.05, targets: .patterns(["q_proj", "mlp.*"]),
            rankOverrides: [.init(pattern: "q_proj", value: 2)])
        let set = try AdapterSet(configuration, for: model)
        set.initialise(seed: 1, on: model)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("adapter")
            try set.writePEFT(to: url, baseName: "base", provenance: AdapterProvenance())
            let back = try AdapterSet(PEFTDirectory(url), for: model)
            #expect(Array(back.slab.values) == Array(set.slab.values))
            #expect(back.configuration.method == .dora && back.trainableParameterCount == set.trainableParameterCount)
        }
        // Each begins with the length of its row.
        let weight = try #require(model.linearLayer("model.layers.2.mlp.down_proj")).weight
        let numbers = weight.bytes.bindMemory(to: Float.self), width = weight.shape[1]
        let norms = (0..<weight.shape[0]).map { row in
            (0..<width).reduce(0.0) { $0 + pow(Double(numbers[row * width + $1]), 2) }.squareRoot()
        }
        let slot = try #require(set.slab.slots.last)
        #expect(slot.name == "model.layers.2.mlp.down_proj.lora_magnitude_vector")
        #expect(maximumDifference(set.slab.values(slot).floats.map(Double.init), norms) < 1e-5)
    }
}
