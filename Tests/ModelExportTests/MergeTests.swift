// Merged models against PEFT's.

import Files
import Adapters
import Foundation
import JSON
import ModelExport
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

/// The adapter of the training vector, read straight from its file.
private func vectorDeltas(_ folder: String) throws -> [LowRankDelta] {
    let file = try SafetensorsFile(TinyModel.lora.appendingPathComponent("\(folder)/adapter_model.safetensors"))
    let suffix = ".lora_A.weight"
    return try file.names.sorted().filter { $0.hasSuffix(suffix) }.map { name in
        let a = try #require(try file.tensor(name))
        let b = try #require(try file.tensor(name.replacingOccurrences(of: "lora_A", with: "lora_B")))
        let path = String(name.dropFirst("base_model.model.".count).dropLast(suffix.count))
        return try LowRankDelta(path: path, scale: 2, a: floats(a), aShape: a.shape, b: floats(b), bShape: b.shape)
    }
}

/// scale · B · A, number by number.
private func product(_ delta: LowRankDelta) -> [Float] {
    let (rows, columns) = (delta.b.count / delta.rank, delta.a.count / delta.rank)
    return (0..<(rows * columns)).map { place in
        let (row, column) = (place / columns, place % columns)
        let sum = (0..<delta.rank).reduce(0.0) {
            $0 + Double(delta.b[row * delta.rank + $1]) * Double(delta.a[$1 * columns + column])
        }
        return Float(Double(delta.scale) * sum)
    }
}

private func floats(_ tensor: FrozenTensor) -> [Float] { Array(tensor.bytes.bindMemory(to: Float.self)) }

@Suite struct MergeTests {
    private func configuration() throws -> ModelConfiguration {
        try ModelConfiguration(huggingFace: HuggingFaceDirectory(TinyModel.base).configuration)
    }

    private func merger(_ kind: String) throws -> ModelMerger {
        let url = kind == "gguf" ? TinyModel.gguf : TinyModel.base
        return try ModelMerger(base: openWeights(url), configuration: configuration())
    }

    @Test func whatIsNotProvenLeavesWhatStoodThere() throws {
        struct Unproven: Error {}
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            let deltas = try vectorDeltas("final")
            _ = try merger("hf").merge(deltas, as: .huggingFaceFolder, into: output)
            func contents() throws -> [String: Data] {
                let names = try Folder.names(in: output) ?? []
                return try Dictionary(
                    uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: output.appendingPathComponent($0))) })
            }
            let before = try contents()
            #expect(throws: Unproven.self) {
                try merger("hf").merge(
                    deltas, as: .huggingFaceFolder, into: output, options: ModelOutputOptions(type: .fp16)
                ) { _, staged in
                    // What is proven is whole, and what stands in the place is the earlier one still.
                    #expect(FileManager.default.fileExists(atPath: staged.appendingPathComponent("config.json").path))
                    #expect(try contents() == before)
                    throw Unproven()
                }
            }
            #expect(try contents() == before)
            #expect(try Folder.names(in: folder) == ["merged"])
        }
    }

    @Test(arguments: ["gguf", "hf"])
    func theMergedModelIsThatOfPEFT(_ kind: String) throws {
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            let deltas = try vectorDeltas("final")
            let result = try merger(kind).merge(deltas, as: .huggingFaceFolder, into: output)
            #expect(
                result.tensorsExpected == TinyModel.linearLayers && result.tensorsApplied == TinyModel.linearLayers
                    && result.type == .fp32)
            #expect(result.deltaNorm > 0.01 && result.deltaNorm.isFinite)
            let merged = try HuggingFaceDirectory(output)
            let golden = try SafetensorsFile(TinyModel.lora.appendingPathComponent("merged_layer_1.safetensors"))
            #expect(golden.names.count == 9)
            for name in golden.names {
                let expected = try #require(try golden.tensor(name))
                let found = try merged.tensor(at: name, shape: expected.shape)
                #expect(maximumDifference(floats(found), floats(expected)) < 1e-6, "\(name)")
            }
            // The golden file holds one layer; every tensor is the base's with its own product added.
            let base = try HuggingFaceDirectory(TinyModel.base)
            let byPath = Dictionary(uniqueKeysWithValues: deltas.map { ($0.path + ".weight", $0) })
            #expect(Set(merged.paths) == Set(base.paths) && byPath.count == TinyModel.linearLayers)
            for path in base.paths {
                let shape = try #require(base.shape(at: path))
                let plain = floats(try base.tensor(at: path, shape: shape))
                let expected = byPath[path].map { zip(plain, product($0)).map(+) } ?? plain
                let found = floats(try merged.tensor(at: path, shape: shape))
                #expect(maximumDifference(found, expected) < 1e-6, "\(path)")
            }
            #expect(try ModelConfiguration(huggingFace: merged.configuration) == configuration())
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["merged"])
        }
    }

    @Test func aPEFTDirectoryMergesAsItsFactorsDo() throws {
        try withTemporaryDirectory { folder in
            let (one, two) = (folder.appendingPathComponent("one"), folder.appendingPathComponent("two"))
            let adapter = TinyModel.lora.appendingPathComponent("final")
            let model = try LanguageModel(openWeights(TinyModel.gguf), precision: .f32)
            let set = try AdapterSet(PEFTDirectory(adapter), for: model)
            let result = try merger("gguf").merge(
                set.lowRankDeltas, expectedPaths: set.coverage.matched, as: .huggingFaceFolder, into: one)
            let expected = try merger("hf").merge(vectorDeltas("final"), as: .huggingFaceFolder, into: two)
            #expect(
                result.tensorsApplied == TinyModel.linearLayers && abs(result.deltaNorm - expected.deltaNorm) < 1e-9)
            #expect(try HuggingFaceDirectory(one).contentDigest() == HuggingFaceDirectory(two).contentDigest())
        }
    }

    @Test func shardsHoldTheSameModel() throws {
        try withTemporaryDirectory { folder in
            var options = ModelOutputOptions(type: .bf16)
            let whole = folder.appendingPathComponent("whole")
            let cut = folder.appendingPathComponent("cut")
            try merger("hf").export(as: .huggingFaceFolder, into: whole, options: options)
            options.shardByteLimit = 70_000
            try merger("hf").export(as: .huggingFaceFolder, into: cut, options: options)
            #expect(try HuggingFaceDirectory(cut).shards.count > 3)
            #expect(try HuggingFaceDirectory(cut).contentDigest() == HuggingFaceDirectory(whole).contentDigest())
            #expect(try HuggingFaceDirectory(whole).configuration["torch_dtype"] == "bfloat16")
            // What Lathe wrote is replaced; what it did not is in the way.
            try merger("hf").export(as: .huggingFaceFolder, into: whole, options: options)
            try Data("mine".utf8).write(to: whole.appendingPathComponent("notes.txt"))
            #expect(throws: PlaceError.self) {
                try merger("hf").export(as: .huggingFaceFolder, into: whole, options: options)
            }
        }
    }

    @Test func aMergeThatIsNotProvenLeavesTheEarlierOne() throws {
        struct Unproven: Error {}
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            let options = ModelOutputOptions(type: .fp32)
            _ = try merger("hf").merge(vectorDeltas("final"), as: .huggingFaceFolder, into: output, options: options)
            let before = try HuggingFaceDirectory(output).contentDigest()
            let names = try FileManager.default.contentsOfDirectory(atPath: output.path).sorted()
            for place in [output, folder.appendingPathComponent("new")] {
                #expect(throws: Unproven.self) {
                    _ = try merger("hf").merge(
                        vectorDeltas("final"), as: .huggingFaceFolder, into: place, options: options
                    ) { _, staged in
                        // The proof sees a whole model, and nothing of it in its place yet.
                        _ = try HuggingFaceDirectory(staged)
                        #expect(staged != place)
                        throw Unproven()
                    }
                }
            }
            #expect(try HuggingFaceDirectory(output).contentDigest() == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: output.path).sorted() == names)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["merged"])
        }
    }

    @Test func wrongAdaptersAreRefusedBeforeAnythingIsWritten() throws {
        let good = try vectorDeltas("final")
        func broken(_ change: (LowRankDelta) throws -> LowRankDelta) throws -> [LowRankDelta] {
            try good.enumerated().map { try $0 == 3 ? change($1) : $1 }
        }
        func shape(_ count: Int, _ rank: Int) -> (Shape, Shape) { ([rank, count / rank], [count / rank, rank]) }
        func remade(_ delta: LowRankDelta, path: String? = nil, a: [Float]? = nil, b: [Float]? = nil) throws
            -> LowRankDelta
        {
            let (a, b) = (a ?? delta.a, b ?? delta.b)
            return try LowRankDelta(
                path: path ?? delta.path, scale: delta.scale, a: a, aShape: [delta.rank, a.count / delta.rank], b: b,
                bShape: [b.count / delta.rank, delta.rank])
        }
        let cases: [(String, [LowRankDelta])] = [
            ("no factors", []),
            ("an unknown module", try broken { try remade($0, path: "model.layers.9.self_attn.q_proj") }),
            ("twice", good + [good[0]]),
            ("not finite", try broken { try remade($0, a: [.nan] + $0.a.dropFirst()) }),
            ("another width", try broken { try remade($0, a: Array($0.a.dropLast($0.rank))) }),
            // The vector's initial adapter has B = 0.
            ("no change", try good.map { try remade($0, b: $0.b.map { _ in 0 }) }),
        ]
        for (name, deltas) in cases {
            try withTemporaryDirectory { folder in
                #expect(throws: ModelExportError.self, "\(name)") {
                    try merger("hf").merge(
                        deltas, as: .huggingFaceFolder, into: folder.appendingPathComponent("merged"))
                }
                let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                #expect(left.isEmpty, "\(name)")
            }
        }
        #expect(throws: ModelExportError.self) {
            try LowRankDelta(
                path: "x", scale: 1, a: [1, 2, 3, 4, 5, 6], aShape: [3, 2], b: [1, 2, 3, 4], bShape: [2, 2])
        }
        #expect(throws: ModelExportError.self) {
            try merger("hf").merge(
                good, expectedPaths: ["model.layers.0.self_attn.x"], as: .huggingFaceFolder,
                into: URL(fileURLWithPath: "/nowhere"))
        }
    }

    @Test func anAdaptedHeadIsNoLongerTied() throws {
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            let delta = try LowRankDelta(
                path: "lm_head", scale: 1, a: [Float](repeating: 0.5, count: 64), aShape: [1, 64],
                b: [Float](repeating: 0.25, count: 512), bShape: [512, 1])
            #expect(try merger("hf").merge([delta], as: .huggingFaceFolder, into: output).untiedHead)
            let merged = try HuggingFaceDirectory(output)
            #expect(merged.configuration["tie_word_embeddings"] == false)
            let head = try floats(merged.tensor(at: "lm_head.weight", shape: [512, 64]))
            let embedding = try floats(merged.tensor(at: "model.embed_tokens.weight", shape: [512, 64]))
            #expect(maximumDifference(head, embedding.map { $0 + 0.125 }) == 0)
        }
    }
}
