// Models as HDF5 and as files from a GGUF.

import Files
import Foundation
import JSON
import ModelExport
import Models
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct HDF5ModelTests {
    private func merger() throws -> ModelMerger {
        let base = try HuggingFaceDirectory(TinyModel.base)
        return try ModelMerger(base: base, configuration: ModelConfiguration(huggingFace: base.configuration))
    }

    @Test(arguments: [WeightType.fp32, .bf16, .fp16])
    func theSameModelGivesTheSameBytes(_ type: WeightType) throws {
        try withTemporaryDirectory { folder in
            let files = ["a.h5", "b.h5"].map { folder.appendingPathComponent($0) }
            for file in files {
                let result = try merger().export(as: .hdf5, into: file, options: ModelOutputOptions(type: type))
                #expect(result.type == type && result.tensorsApplied == 0)
            }
            let bytes = try files.map { try Data(contentsOf: $0) }
            #expect(bytes[0] == bytes[1])
            #expect(Array(bytes[0].prefix(8)) == [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A])
            #expect(bytes[0].range(of: Data("model.layers.2.mlp.down_proj.weight".utf8)) != nil)
            #expect((bytes[0].range(of: Data("bfloat16".utf8)) != nil) == (type == .bf16))
            // Lathe's own file is replaced, a person's is not.
            try merger().export(as: .hdf5, into: files[0], options: ModelOutputOptions(type: type))
            #expect(try Data(contentsOf: files[0]) == bytes[1])
            try Data("mine".utf8).write(to: files[1])
            #expect(throws: PlaceError.self) { try merger().export(as: .hdf5, into: files[1]) }
            #expect(try Data(contentsOf: files[1]) == Data("mine".utf8))
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                    == ["a.h5", "a.h5.manifest.json", "b.h5", "b.h5.manifest.json"])
        }
    }

    @Test(arguments: TinyModel.twins) func aGGUFBecomesTheFolderItWasMadeFrom(twin: URL, file: URL) throws {
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("out")
            let original = try HuggingFaceDirectory(twin)
            let configuration = try ModelConfiguration(huggingFace: original.configuration)
            let gguf = try GGUFWeights(file)
            try ModelMerger(base: gguf, configuration: configuration).export(as: .huggingFaceFolder, into: output)
            let made = try HuggingFaceDirectory(output)
            #expect(try made.contentDigest() == original.contentDigest())
            let tokenizer = try #require(try made.json("tokenizer.json"))
            let expected = try #require(try original.json("tokenizer.json"))
            for key in ["vocab", "unk_token", "byte_fallback", "fuse_unk"] {
                #expect(tokenizer["model"]?[key] == expected["model"]?[key], "\(key)")
            }
            #expect(tokenizer["normalizer"] == expected["normalizer"])
            #expect(tokenizer["decoder"] == expected["decoder"])
            #expect(tokenizer["post_processor"]?["single"] == expected["post_processor"]?["single"])
        }
    }

    private static let smolLM2 = packageRoot.appendingPathComponent("checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf")

    @Test(.enabled(if: FileManager.default.fileExists(atPath: smolLM2.path), "needs the base model"))
    func smolLM2KeepsItsDigitRuleAndTemplate() throws {
        try withTemporaryDirectory { folder in
            let base = try GGUFWeights(HDF5ModelTests.smolLM2)
            let output = folder.appendingPathComponent("out")
            let result = try ModelMerger(base: base).export(as: .huggingFaceFolder, into: output)
            #expect(result.type == .bf16)
            let made = try HuggingFaceDirectory(output)
            #expect(made.quantisationSummary == "BF16 272" && made.configuration["tie_word_embeddings"] == true)
            let tokenizer = try #require(try made.json("tokenizer.json"))
            let first = tokenizer["pre_tokenizer"]?["pretokenizers"]?.array?.first
            #expect(first?["type"] == "Split" && first?["pattern"]?["Regex"] == #"\p{N}"#)
            let written = try #require(try made.tokenizerSource()).tokenizer()
            let known = try #require(try base.tokenizerSource()).tokenizer()
            for text in ["12345 tests\r\n\n  tab\tx 3.14 ½ Ⅷ", "don't I'LL 你好，世界 🙂"] {
                let ids = written.encode(text, addSpecialTokens: false).ids
                #expect(!ids.isEmpty && ids == known.encode(text, addSpecialTokens: false).ids)
            }
            #expect(tokenizer["added_tokens"]?.array?.count == 17)
            #expect(try made.json("tokenizer_config.json")?["chat_template"]?.string?.contains("<|im_start|>") == true)
            #expect(try made.json("tokenizer_config.json")?["eos_token"] == "<|im_end|>")
        }
    }
}
