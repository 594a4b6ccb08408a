// Folders of adapters as mlx-lm writes and reads them.

import Adapters
import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct MLXDirectories {
    private func folder(_ adapter: AdapterSet, _ model: AdaptedModel, in folder: URL) throws -> (URL, JSONValue) {
        let (url, _) = try AdapterForms.written(adapter, MLXDirectory.self, model, in: folder, as: "mlx")
        let bytes = try Data(contentsOf: url.appendingPathComponent("adapter_config.json"))
        return (url, try JSONValue(parsing: [UInt8](bytes)))
    }

    @Test func factorsAreTransposedAndTheScaleStandsByItself() throws {
        let model = try AdapterForms.model()
        let adapter = try AdapterForms.adapter(
            AdapterConfiguration(rank: 4, alpha: 6, dropout: 0.1, targets: .patterns(["q_proj", "v_proj"])), for: model)
        try withTemporaryDirectory { place in
            let (url, json) = try folder(adapter, model, in: place)
            #expect(json["fine_tune_type"] == "lora")
            #expect(json["num_layers"]?.integer == TinyModel.blocks)
            #expect(json["lora_parameters"]?["rank"] == 4 && json["lora_parameters"]?["scale"]?.double == 1.5)
            #expect(json["lora_parameters"]?["dropout"]?.double == 0.1)
            #expect(json["lora_parameters"]?["keys"] == ["self_attn.q_proj", "self_attn.v_proj"])
            #expect(json["lathe_provenance"]?["base_name"] == "tiny")
            let file = try SafetensorsFile(url.appendingPathComponent("adapters.safetensors"))
            let member = try #require(adapter.members.first { $0.path == "model.layers.1.self_attn.v_proj" }).adapter
            let a = try #require(try file.tensor("model.layers.1.self_attn.v_proj.lora_a"))
            let b = try #require(try file.tensor("model.layers.1.self_attn.v_proj.lora_b"))
            #expect(a.shape == [64, 4] && b.shape == [4, 32])
            #expect(a.bytes.bindMemory(to: Float.self)[9 * 4 + 2] == member.a.floats[2 * 64 + 9])
            #expect(b.bytes.bindMemory(to: Float.self)[3 * 32 + 30] == member.b.floats[30 * 4 + 3])
        }
    }

    /// mlx-lm adapts the keys in each of the last blocks, and modules of that whole path.
    @Test func keysMeanExactlyTheAdaptedModules() throws {
        let model = try AdapterForms.model()
        let cases: [(AdapterTargets, [Int]?, keys: JSONValue, blocks: Int)] = [
            (.patterns(["q_proj"]), [1, 2], ["self_attn.q_proj"], 2),
            (.patterns(["q_proj"]), [2], ["self_attn.q_proj"], 1),
            (.patterns(["q_proj"]), [0], ["model.layers.0.self_attn.q_proj"], 3),
            (
                .patterns(["layers.2.mlp.up_proj", "layers.1.mlp.down_proj"]), nil,
                ["model.layers.1.mlp.down_proj", "model.layers.2.mlp.up_proj"], 3
            ),
        ]
        for (targets, blocks, keys, count) in cases {
            let adapter = try AdapterForms.adapter(
                AdapterConfiguration(rank: 1, alpha: 1, targets: targets, blocks: blocks.map { .init(numbers: $0) }),
                for: model)
            try withTemporaryDirectory { place in
                let json = try folder(adapter, model, in: place).1
                #expect(json["lora_parameters"]?["keys"] == keys)
                #expect(json["num_layers"]?.integer == count)
            }
        }
    }

    @Test func smallerRanksAreFilledUpAndItIsSaid() throws {
        let model = try AdapterForms.model()
        let configuration = AdapterConfiguration(
            rank: 4, alpha: 4, targets: .patterns(["q_proj", "v_proj"]),
            rankOverrides: [.init(pattern: "v_proj", value: 2)])
        let adapter = try AdapterForms.adapter(configuration, for: model)
        let notes = try MLXDirectory.fit(adapter, on: model).notes
        #expect(notes.count == 2 && notes[0].contains("3 of 6 modules is folded") && notes[1].contains("rank 4"))
        try withTemporaryDirectory { place in
            let url = try folder(adapter, model, in: place).0
            let file = try SafetensorsFile(url.appendingPathComponent("adapters.safetensors"))
            let a = try #require(try file.tensor("model.layers.0.self_attn.v_proj.lora_a"))
            #expect(a.shape == [64, 4])
            let numbers = a.bytes.bindMemory(to: Float.self)
            #expect((0..<64).allSatisfy { numbers[4 * $0 + 2] == 0 && numbers[4 * $0 + 3] == 0 })
        }
    }

    // MARK: Folders that are not meant

    private static let configuration =
        #"{"fine_tune_type": "lora", "num_layers": 3, "lora_parameters": "#
        + #"{"rank": 2, "scale": 20.0, "dropout": 0.0}}"#
    private static let q = "model.layers.0.self_attn.q_proj"
    private let good: [(name: String, shape: Shape)] = [("\(q).lora_a", [64, 2]), ("\(q).lora_b", [2, 64])]

    private func message(
        _ tensors: [(name: String, shape: Shape)], configuration: String = Self.configuration, value: Float = 1
    ) throws -> String {
        try withTemporaryDirectory { folder in
            try Data(configuration.utf8).write(to: folder.appendingPathComponent("adapter_config.json"))
            let writer = try SafetensorsWriter(
                folder.appendingPathComponent("adapters.safetensors"),
                entries: tensors.map { .init(name: $0.name, dtype: .f32, shape: $0.shape) })
            for tensor in tensors { try writer.write([Float](repeating: value, count: tensor.shape.elementCount ?? 0)) }
            try writer.finish()
            do {
                #expect(try MLXDirectory.isAt(folder))
                #expect(try !PEFTDirectory.isAt(folder))
                let set = try MLXDirectory(folder).adapter(for: AdapterForms.model())
                #expect(set.members.map(\.adapter.scale) == [20])
                return ""
            } catch let error as AdapterError {
                #expect(error.file != nil)
                return error.description
            }
        }
    }

    @Test func aFolderOfMLXIsRead() throws {
        #expect(try message(good) == "")
        // Early files say nothing of the type.
        #expect(
            try message(good, configuration: #"{"lora_layers": 4, "lora_parameters": {"rank": 2, "scale": 20}}"#) == "")
    }

    @Test func wrongTensorsAreNamedAsTheFileNamesThem() throws {
        let q = Self.q
        #expect(try message([good[0]]).contains("\(q).lora_a: has no lora_B.weight"))
        #expect(try message([("\(q).lora_a", [64, 3]), good[1]]).contains("lora_parameters.rank"))
        #expect(try message([("\(q).lora_a", [2, 64]), good[1]]).contains("\(q).lora_a"))
        #expect(try message([good[0], ("\(q).lora_b", [2, 63])]).contains("\(q).lora_b: has another shape"))
        #expect(try message(good, value: .nan).contains("holds a NaN or infinity"))
        #expect(try message(good + [("\(q).weight", [64, 64])]).contains("\(q).weight: is no factor"))
        let embedding = (name: "model.embed_tokens.lora_a", shape: [512, 2] as Shape)
        #expect(try message(good + [embedding]).contains("\(embedding.name): belongs to no linear layer"))
        #expect(try message([]).contains("holds no factors"))
    }

    @Test(arguments: [
        (#"{"fine_tune_type": "full", "lora_parameters": {"rank": 2, "scale": 2}}"#, "fine_tune_type"),
        (#"{"fine_tune_type": "vera", "lora_parameters": {"rank": 2, "scale": 2}}"#, "fine_tune_type"),
        (#"{"lora_parameters": {"rank": 2}}"#, "lora_parameters.scale"),
        (#"{"lora_parameters": {"rank": 0, "scale": 2}}"#, "lora_parameters.rank"),
        (#"{"lora_parameters": {"rank": 2, "scale": 2, "alpha": 16}}"#, "lora_parameters.alpha"),
        (#"{"lora_parameters": {"rank": 2, "scale": 2, "dropout": 1.5}}"#, "lora_parameters.dropout"),
    ])
    func settingsThatCannotBeReproducedAreRefused(_ configuration: String, _ key: String) throws {
        #expect(try message(good, configuration: configuration).contains(key + ":"))
    }

    @Test func aMissingOrCutFileIsNamed() throws {
        let model = try AdapterForms.model()
        let adapter = try AdapterForms.adapter(AdapterConfiguration(rank: 2, alpha: 2), for: model)
        try withTemporaryDirectory { place in
            let url = try folder(adapter, model, in: place).0.appendingPathComponent("adapters.safetensors")
            let bytes = try Data(contentsOf: url)
            for count in stride(from: 0, to: bytes.count, by: 1009) {
                try bytes.prefix(count).write(to: url)
                let error = #expect(throws: WeightError.self) { try MLXDirectory(url.deletingLastPathComponent()) }
                #expect(error?.file == url.path)
            }
            try FileManager.default.removeItem(at: url)
            let error = #expect(throws: AdapterError.self) { try MLXDirectory(url.deletingLastPathComponent()) }
            #expect(error?.kind == .missingInput && error?.file == url.path)
        }
    }
}
