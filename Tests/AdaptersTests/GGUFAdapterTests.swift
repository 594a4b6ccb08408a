// GGUF files of adapters, held against what llama.cpp's reader takes.

import Adapters
import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct GGUFAdapters {
    private func file(_ adapter: AdapterSet, _ model: AdaptedModel, in folder: URL, _ name: String = "a.gguf") throws
        -> URL
    {
        try AdapterForms.written(adapter, GGUFAdapter.self, model, in: folder, as: name).0
    }

    @Test func keysAndNamesAreThoseOfAnAdapter() throws {
        let model = try AdapterForms.model()
        let adapter = try AdapterForms.adapter(AdapterConfiguration(rank: 4, alpha: 6), for: model)
        try withTemporaryDirectory { folder in
            let gguf = try GGUFFile(file(adapter, model, in: folder))
            #expect(gguf.value("general.type")?.string == "adapter")
            #expect(gguf.value("general.architecture")?.string == "llama")
            #expect(gguf.value("adapter.type")?.string == "lora")
            let alpha = try #require(gguf.value("adapter.lora.alpha"))
            #expect(alpha.type == .float32 && alpha.double == 6)
            #expect(gguf.value("general.base_model.0.name")?.string == "tiny")
            let provenance = try JSONValue(parsing: #require(gguf.value("lathe.provenance")?.string))
            #expect(provenance["base_sha256"] == "ab")
            #expect(gguf.tensors.count == 2 * TinyModel.linearLayers)
            #expect(gguf.entry("blk.2.ffn_down.weight.lora_a")?.shape == [4, 128])
            #expect(gguf.entry("blk.2.ffn_down.weight.lora_b")?.shape == [64, 4])
        }
    }

    /// As llama.cpp's converter orders the rows of Llama's queries and keys: `[heads, 2, width/2]` becomes `[heads, width/2, 2]`.
    @Test func rowsOfQueriesAndKeysAreInterleaved() throws {
        let model = try AdapterForms.model()
        let adapter = try AdapterForms.adapter(AdapterConfiguration(rank: 4, alpha: 4), for: model)
        try withTemporaryDirectory { folder in
            let gguf = try GGUFFile(file(adapter, model, in: folder))
            for (name, module, heads) in [("attn_q", "q_proj", 8), ("attn_k", "k_proj", 4)] {
                let member = try #require(adapter.members.first { $0.path.hasSuffix("1.self_attn.\(module)") })
                let tensor = try #require(try gguf.tensor("blk.1.\(name).weight.lora_b"))
                let found = tensor.bytes.bindMemory(to: Float.self), b = member.adapter.b
                let width = b.rows / heads
                for head in 0..<heads {
                    for half in 0..<2 {
                        for index in 0..<width / 2 {
                            let from = head * width + half * (width / 2) + index, to = head * width + 2 * index + half
                            #expect(Array(found[to * 4..<to * 4 + 4]) == Array(b.floats[from * 4..<from * 4 + 4]))
                        }
                    }
                }
            }
            let value = try #require(adapter.members.first { $0.path.hasSuffix("1.self_attn.v_proj") })
            let stored = try #require(try gguf.tensor("blk.1.attn_v.weight.lora_b"))
            #expect(Array(stored.bytes.bindMemory(to: Float.self)) == Array(value.adapter.b.floats))
        }
    }

    /// llama.cpp scales each module by α/r, and by 1 where α is 0.
    @Test func theScaleIsAlphaOverTheRankOfTheTensor() throws {
        let model = try AdapterForms.model()
        for configuration in AdapterForms.configurations {
            let adapter = try AdapterForms.adapter(configuration, for: model)
            try withTemporaryDirectory { folder in
                let gguf = try GGUFFile(file(adapter, model, in: folder))
                let alpha = try #require(gguf.value("adapter.lora.alpha")?.double)
                #expect(alpha != 0)
                for member in adapter.members where !member.path.contains("q_proj") && !member.path.contains("k_proj") {
                    let name = try #require(model.configuration.weightNames?.ggufName(member.path + ".weight"))
                    let tensor = try #require(try gguf.tensor(name + ".lora_b"))
                    let scale = Float(alpha / Double(tensor.shape[1]))
                    let found = tensor.bytes.bindMemory(to: Float.self).map { $0 * scale }
                    let expected = member.adapter.b.floats.map { $0 * member.adapter.scale }
                    #expect(maximumDifference(found, expected) < 1e-5)
                }
            }
        }
    }

    /// As llama.cpp's converter does it: Q8_0 where rows fill blocks of 32, half precision elsewhere.
    @Test(arguments: [(rank: 4, b: DType.f16), (rank: 32, b: .q8_0)]) func factorsMayBeBlocks(rank: Int, b: DType)
        throws
    {
        let model = try AdapterForms.model()
        let adapter = try AdapterForms.adapter(AdapterConfiguration(rank: rank, alpha: 6), for: model)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.gguf")
            let notes = AdapterNotes(baseName: "tiny", provenance: AdapterProvenance())
            let finished = try GGUFAdapter.write(adapter, notes, as: .q8_0, on: model, to: url)
            try FileManager.default.moveItem(at: finished, to: url)
            let gguf = try GGUFFile(url)
            #expect(gguf.value("general.file_type")?.integer == 7)
            #expect(gguf.value("general.quantization_version")?.integer == 2)
            #expect(gguf.entry("blk.1.ffn_up.weight.lora_a")?.type.dtype == .q8_0)
            #expect(gguf.entry("blk.1.ffn_up.weight.lora_b")?.type.dtype == b)
            let numbers = gguf.tensors.reduce(0) { $0 + $1.byteRange.count }
            #expect(GGUFAdapter.bytes(of: adapter, as: .q8_0) == numbers)
            let found = AdapterComparison(adapter, readBack: try GGUFAdapter(url).adapter(for: model))
            #expect(found.largestDifference > 1e-4)
            #expect(found.largestDifference <= AdapterComparison.bound(of: .q8_0))
        }
    }

    // MARK: Files that are not meant

    /// A file of one adapted module.
    private func write(
        _ keys: [(key: String, value: GGUFValue)] = [], _ tensors: [(name: String, shape: Shape, value: Float)],
        to url: URL
    ) throws {
        func text(_ text: String) -> GGUFValue { .string(Array(text.utf8)) }
        let usual: [(key: String, value: GGUFValue)] = [
            ("general.architecture", text("llama")), ("general.type", text("adapter")), ("adapter.type", text("lora")),
            ("adapter.lora.alpha", .float32(2)),
        ]
        let own = usual.filter { key in !keys.contains { $0.key == key.key } }
        let writer = try GGUFWriter(
            url, metadata: own + keys, entries: tensors.map { .init(name: $0.name, dtype: .f32, shape: $0.shape) })
        for tensor in tensors {
            let numbers = [Float](repeating: tensor.value, count: tensor.shape.elementCount ?? 0)
            try numbers.withUnsafeBytes { try writer.write($0) }
        }
        try FileManager.default.moveItem(at: writer.finish(), to: url)
    }

    /// What is said of such a file.
    private func message(
        _ keys: [(key: String, value: GGUFValue)] = [], _ tensors: [(name: String, shape: Shape, value: Float)]
    ) throws -> String {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("x.gguf")
            try write(keys, tensors, to: url)
            do {
                _ = try GGUFAdapter(url).adapter(for: AdapterForms.model())
                return ""
            } catch let error as AdapterError {
                #expect(error.file == url.path)
                return error.description
            }
        }
    }

    private static let a = "blk.0.attn_q.weight.lora_a", b = "blk.0.attn_q.weight.lora_b"
    private let good: [(name: String, shape: Shape, value: Float)] = [(a, [2, 64], 1), (b, [64, 2], 1)]

    @Test func aFileOfALlamaModuleIsRead() throws {
        #expect(try message([], good) == "")
        #expect(try message([("adapter.lora.alpha", .float32(0))], good) == "")
    }

    @Test func wrongTensorsAreNamedAsTheFileNamesThem() throws {
        let (a, b) = (Self.a, Self.b)
        #expect(try message([], [(a, [2, 64], 1)]).contains("\(a): has no lora_B.weight"))
        #expect(try message([], [(a, [2, 64], 1), (b, [64, 3], 1)]).contains("\(b): has another shape"))
        #expect(try message([], [(a, [2, 32], 1), (b, [64, 2], 1)]).contains("\(a): has another shape"))
        #expect(try message([], [(a, [2, 64], .nan), (b, [64, 2], 1)]).contains("\(a): holds a NaN or infinity"))
        #expect(try message([], [(a, [2, 64], 1), (b, [63, 2], 1)]).contains("\(b): has rows that do not split"))
        #expect(try message([], good + [("blk.0.attn_norm.weight", [64], 1)]).contains("is no factor"))
        for stray in ["blk.9.attn_q.weight.lora_a", "token_embd.weight.lora_a", "blk.0.ffn_odd.weight.lora_a"] {
            #expect(try message([], good + [(stray, [64, 2], 1)]).contains(stray))
        }
        #expect(try message([], []).contains("holds no factors"))
    }

    @Test func wrongKeysAreNamed() throws {
        func text(_ text: String) -> GGUFValue { .string(Array(text.utf8)) }
        let architecture = try message([("general.architecture", text("qwen2"))], good)
        #expect(architecture.contains("general.architecture") && architecture.contains("qwen2"))
        #expect(architecture.contains("llama"))
        #expect(try message([("general.type", text("model"))], good).contains("general.type"))
        #expect(try message([("adapter.type", text("control_vector"))], good).contains("adapter.type"))
        #expect(try message([("adapter.lora.alpha", .float32(.nan))], good).contains("adapter.lora.alpha"))
    }

    @Test func aCutFileIsNamed() throws {
        let model = try AdapterForms.model()
        let adapter = try AdapterForms.adapter(AdapterConfiguration(rank: 2, alpha: 2), for: model)
        try withTemporaryDirectory { folder in
            let url = try file(adapter, model, in: folder), bytes = try Data(contentsOf: url)
            for count in stride(from: 0, to: bytes.count - 32, by: 1009) {
                let cut = folder.appendingPathComponent("cut.gguf")
                try bytes.prefix(count).write(to: cut)
                let error = #expect(throws: WeightError.self) { try GGUFAdapter(cut) }
                #expect(error?.file == cut.path)
            }
        }
    }
}
