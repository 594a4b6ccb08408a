// Good and broken files with the verdict expected of a reader.

import Foundation
import JSON
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct WeightFileVectorTests {
    /// The cases of a fixture of `scripts/goldens/broken_files.py`: name, bytes, and what else is known.
    private func fixture(_ name: String) throws -> [(name: String, bytes: Data, item: JSONValue)] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
        let cases = try #require(try JSONValue(parsing: Array(Data(contentsOf: file)))["cases"]?.array)
        return try cases.map { item in
            let bytes = try #require(item["bytes"]?.string.flatMap { Data(base64Encoded: $0) })
            return (try #require(item["name"]?.string), bytes, item)
        }
    }

    @Test func safetensorsAreTakenAndRefusedAsByItsPackage() throws {
        let cases = try fixture("safetensors.json")
        #expect(cases.count > 40)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.safetensors")
            for (name, bytes, item) in cases {
                try bytes.write(to: url)
                if let names = item["tensors"]?.array?.compactMap(\.string) {
                    #expect(try SafetensorsFile(url).names.sorted() == names.sorted(), "\(name)")
                } else {
                    #expect(throws: WeightError.self, "\(name)") { try SafetensorsFile(url) }
                }
            }
        }
    }

    @Test func ggufsAreTakenAndRefusedAsTheFormatSays() throws {
        let cases = try fixture("gguf.json")
        #expect(cases.count > 40)
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.gguf")
            for (name, bytes, item) in cases {
                try bytes.write(to: url)
                switch item["accepted"]?.bool {
                case true?: #expect(throws: Never.self, "\(name)") { try GGUFFile(url) }
                case false?: #expect(throws: WeightError.self, "\(name)") { try GGUFFile(url) }
                case nil: _ = try? GGUFFile(url)
                }
            }
        }
    }

    @Test(.needs("vectors/safetensors/expected.json"))
    func safetensorsVerdicts() throws {
        let folder = SharedData.url("vectors/safetensors")
        var checked = 0
        for (name, item) in try cases(folder) {
            let file = folder.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path), let verdict = item["safetensors_py"]?.string else {
                continue
            }
            checked += 1
            if verdict.hasPrefix("ok:") {
                let names = verdict.dropFirst(3).split(separator: ",").map(String.init)
                let found = try? SafetensorsFile(file).names.sorted()
                #expect(found == names, "\(name)")
            } else {
                #expect(throws: WeightError.self, "\(name)") { try SafetensorsFile(file) }
            }
        }
        #expect(checked >= 15)
    }

    @Test(.needs("vectors/gguf-malformed/expected.json"))
    func ggufVerdicts() throws {
        let folder = SharedData.url("vectors/gguf-malformed")
        var checked = 0
        for (name, item) in try cases(folder) {
            let file = folder.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            checked += 1
            switch item["expect_load"]?.bool {
            case true?: #expect(throws: Never.self, "\(name)") { try GGUFFile(file) }
            case false?: #expect(throws: WeightError.self, "\(name)") { try GGUFFile(file) }
            case nil: _ = try? GGUFFile(file)
            }
        }
        #expect(checked >= 20)
    }

    private func cases(_ folder: URL) throws -> [(String, JSONValue)] {
        let json = try JSONValue(parsing: Array(Data(contentsOf: folder.appendingPathComponent("expected.json"))))
        return try #require(json["cases"]?.array).compactMap { item in item["file"]?.string.map { ($0, item) } }
    }

    @Test(.needs("vectors/vocab"))
    func vocabulariesAreRead() throws {
        for (name, count) in [("bert-bge", 30522), ("gpt-2", 50257), ("llama-spm", 32000), ("qwen2", 151936)] {
            let file = try GGUFFile(SharedData.url("vectors/vocab/ggml-vocab-\(name).gguf"))
            #expect(file.value("tokenizer.ggml.tokens")?.array?.strings?.count == count, "\(name)")
            #expect(file.value("tokenizer.ggml.token_type")?.array?.integers?.count == count, "\(name)")
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
            let stored = tensor.rowOrder.storedRow(row, of: rows)
            return floats[(stored * width)..<((stored + 1) * width)]
        }
    }
}
