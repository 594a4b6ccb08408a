// Good and broken files with the verdict expected of a reader.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct WeightFileVectorTests {
    private typealias Case = (name: String, bytes: Data, item: JSONValue)

    /// The cases of public vectors, where they are there.
    private func publicCases(_ folder: String) throws -> [Case] {
        let folder = SharedData.url(folder)
        guard let expected = try? Data(contentsOf: folder.appendingPathComponent("expected.json")) else { return [] }
        return try #require(try JSONValue(parsing: Array(expected))["cases"]?.array).compactMap { item in
            guard let name = item["file"]?.string,
                let bytes = try? Data(contentsOf: folder.appendingPathComponent(name))
            else { return nil }
            return (name, bytes, item)
        }
    }

    /// The cases of a fixture of `scripts/goldens/broken_files.py`: name, bytes, and what else is known.
    private func fixture(_ name: String) throws -> [Case] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/\(name)")
        let cases = try #require(try JSONValue(parsing: Array(Data(contentsOf: file)))["cases"]?.array)
        return try cases.map { item in
            let bytes = try #require(item["bytes"]?.string.flatMap { Data(base64Encoded: $0) })
            return (try #require(item["name"]?.string), bytes, item)
        }
    }

    @Test func safetensorsAreTakenAndRefusedAsByItsPackage() throws {
        let cases = try fixture("safetensors.json") + publicCases("vectors/safetensors")
        #expect(cases.count > 40)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.safetensors")
            for (name, bytes, item) in cases {
                try bytes.write(to: url)
                let verdict = item["safetensors_py"]?.string.flatMap { $0.hasPrefix("ok:") ? $0.dropFirst(3) : nil }
                let named = verdict?.split(separator: ",").map(String.init)
                if let names = item["tensors"]?.array?.compactMap(\.string) ?? named {
                    #expect(try SafetensorsFile(url).names.sorted() == names.sorted(), "\(name)")
                } else {
                    #expect(throws: WeightError.self, "\(name)") { try SafetensorsFile(url) }
                }
            }
        }
    }

    @Test func ggufsAreTakenAndRefusedAsTheFormatSays() throws {
        let cases = try fixture("gguf.json") + publicCases("vectors/gguf-malformed")
        #expect(cases.count > 40)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.gguf")
            for (name, bytes, item) in cases {
                try bytes.write(to: url)
                switch (item["accepted"] ?? item["expect_load"])?.bool {
                case true?: #expect(throws: Never.self, "\(name)") { try GGUFFile(url) }
                case false?: #expect(throws: WeightError.self, "\(name)") { try GGUFFile(url) }
                case nil: _ = try? GGUFFile(url)
                }
            }
        }
    }

    @Test func vocabulariesAreRead() throws {
        let vocabularies = [("bert-bge", 30522), ("gpt-2", 50257), ("llama-spm", 32000), ("qwen2", 151936)]
            .map { (SharedData.url("vectors/vocab/ggml-vocab-\($0.0).gguf"), $0.1) }
            .filter { FileManager.default.fileExists(atPath: $0.0.path) }
        for (url, count) in [(TinyModel.gguf, TinyModel.vocabularySize)] + vocabularies {
            let file = try GGUFFile(url)
            #expect(file.value("tokenizer.ggml.tokens")?.array?.strings?.count == count, "\(url.path)")
            #expect(file.value("tokenizer.ggml.token_type")?.array?.integers?.count == count, "\(url.path)")
        }
    }

    @Test func ggufAndHuggingFaceHoldTheSameModel() throws {
        let gguf = try GGUFWeights(TinyModel.gguf)
        let folder = try HuggingFaceDirectory(TinyModel.base)
        #expect(Set(gguf.paths).isSuperset(of: folder.paths))
        for path in folder.paths {
            let shape = try #require(folder.shape(at: path))
            let left = try gguf.tensor(at: path, shape: shape)
            let right = try folder.tensor(at: path, shape: shape)
            #expect(left.dtype == .f32 && right.dtype == .f32)
            #expect(maximumDifference(rowsInOrder(left), rowsInOrder(right)) == 0, "\(path)")
        }
    }

    /// The numbers of an fp32 tensor, rows in Hugging Face's order.
    private func rowsInOrder(_ tensor: FrozenTensor) -> [Float] {
        let floats = Array(tensor.bytes.bindMemory(to: Float.self))
        let rows = tensor.shape[0]
        let width = floats.count / rows
        return (0..<rows).flatMap { row in
            let stored = tensor.form.storedRow(row, of: rows)
            return floats[(stored * width)..<((stored + 1) * width)]
        }
    }
}
