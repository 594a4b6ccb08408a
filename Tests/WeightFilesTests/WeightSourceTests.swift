// Folders with shards, writing.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct WeightSourceTests {
    @Test func writesWhatItReads() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("model.safetensors")
            let writer = try SafetensorsWriter(
                url,
                entries: [
                    .init(name: "a", dtype: .f32, shape: [2, 2]), .init(name: "empty", dtype: .f32, shape: [0, 7]),
                ])
            try writer.write([1, -2])
            #expect(!FileManager.default.fileExists(atPath: url.path))
            try writer.write([3, .infinity])
            try writer.finish()
            let file = try SafetensorsFile(url)
            #expect(file.metadata.map(\.key) == ["format"] && file.metadata.map(\.value) == ["pt"])
            let tensor = try #require(try file.tensor("a"))
            #expect(Array(tensor.bytes.bindMemory(to: Float.self)) == [1, -2, 3, .infinity])
            #expect(try file.tensor("empty")?.shape == [0, 7])
            #expect(try file.tensor("b") == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.safetensors"])
        }
    }

    @Test func anUnfinishedFileLeavesNothing() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("x.safetensors")
            do {
                let writer = try SafetensorsWriter(url, entries: [.init(name: "a", dtype: .f32, shape: [4])])
                try writer.write([1])
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            // What is there is not replaced.
            try Data("before".utf8).write(to: url)
            #expect(throws: WeightError.self) {
                try SafetensorsWriter(url, entries: [.init(name: "a", dtype: .f32, shape: [4])])
            }
            #expect(try Data(contentsOf: url) == Data("before".utf8))
        }
    }

    @Test func shardsAreOneModel() throws {
        try withTemporaryDirectory { folder in
            try shardedModel(folder, map: ["a": "one.safetensors", "b": "two.safetensors"])
            let model = try HuggingFaceDirectory(folder)
            #expect(Set(model.paths) == ["a", "b"])
            #expect(try model.tensor(at: "b", shape: [2]).bytes.count == 8)
            let whole = folder.appendingPathComponent("model.safetensors")
            let writer = try SafetensorsWriter(
                whole, entries: [.init(name: "b", dtype: .f32, shape: [2]), .init(name: "a", dtype: .f32, shape: [2])])
            try writer.write([1, 2, 1, 2])
            try writer.finish()
            // The same weights in one file are the same base.
            #expect(try HuggingFaceDirectory(folder).contentDigest() == model.contentDigest())
        }
    }

    @Test(arguments: ["../one.safetensors", "/etc/passwd", "absent.safetensors", "", "..", "two.safetensors"])
    func aBadShardNameIsAnError(_ shard: String) throws {
        try withTemporaryDirectory { folder in
            try shardedModel(folder, map: ["a": shard, "b": "two.safetensors"])
            #expect(throws: WeightError.self) { try HuggingFaceDirectory(folder) }
        }
    }

    /// A second copy of a tensor, left by an older save: the index says which one is meant.
    @Test(arguments: ["one.safetensors", "two.safetensors"]) func theIndexNamesTheCopyThatCounts(_ owner: String) throws
    {
        try withTemporaryDirectory { folder in
            try shardedModel(folder, map: ["a": "one.safetensors", "b": owner])
            let file = folder.appendingPathComponent("one.safetensors")
            try FileManager.default.removeItem(at: file)
            let writer = try SafetensorsWriter(
                file,
                entries: [.init(name: "a", dtype: .f32, shape: [2]), .init(name: "b", dtype: .f32, shape: [2])])
            try writer.write([1, 2, 7, 8])
            try writer.finish()
            // An index that names one shard alone leaves nothing to choose.
            if owner == "one.safetensors" {
                let model = try HuggingFaceDirectory(folder)
                #expect(model.warnings.isEmpty && model.paths == ["a", "b"])
                #expect(Array(try model.tensor(at: "b").bytes.bindMemory(to: Float.self)) == [7, 8])
                return
            }
            let model = try HuggingFaceDirectory(folder)
            #expect(model.paths.sorted() == ["a", "b"] && model.byteCount == 16)
            #expect(Array(try model.tensor(at: "b").bytes.bindMemory(to: Float.self)) == [1, 2])
            #expect(model.warnings.count == 1 && model.warnings[0].contains("1 tensors"))
        }
    }

    private func shardedModel(_ folder: URL, map: [String: String]) throws {
        try Data("{}".utf8).write(to: folder.appendingPathComponent("config.json"))
        for (file, name) in [("one", "a"), ("two", "b")] {
            let writer = try SafetensorsWriter(
                folder.appendingPathComponent("\(file).safetensors"),
                entries: [.init(name: name, dtype: .f32, shape: [2])])
            try writer.write([1, 2])
            try writer.finish()
        }
        let members = map.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSONValue.string($0.value)) }
        let index: JSONValue = ["weight_map": .object(JSONObject(members))]
        try Data(index.text().utf8).write(to: folder.appendingPathComponent("model.safetensors.index.json"))
    }

    @Test func misalignedNumbersAreMoved() throws {
        try withTemporaryDirectory { folder in
            let header = Array(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.utf8)
            #expect(header.count % 4 != 0)
            var bytes: [UInt8] = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
            withUnsafeBytes(of: Float(2.5)) { bytes += $0 }
            let url = folder.appendingPathComponent("odd.safetensors")
            try Data(bytes).write(to: url)
            let tensor = try #require(try SafetensorsFile(url).tensor("a"))
            #expect(tensor.bytes.load(as: Float.self) == 2.5)
        }
    }

    private static let smolLM2 = packageRoot.appendingPathComponent("checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf")

    @Test(.enabled(if: FileManager.default.fileExists(atPath: smolLM2.path), "needs the base model"))
    func readsSmolLM2() throws {
        let weights = try GGUFWeights(WeightSourceTests.smolLM2)
        #expect(weights.paths.count == 272 && weights.otherNames.isEmpty)
        #expect(weights.quantisationSummary == "Q4_1 210, F32 61, Q8_0 1")
        #expect(weights.gguf.value("tokenizer.ggml.tokens")?.array?.strings?.count == 49152)
        #expect(
            try weights.tensor(at: "model.layers.0.self_attn.k_proj.weight", shape: [192, 576]).form
                == .interleavedHalves(heads: 3))
        #expect(try weights.contentDigest().count == 64)
    }
}
