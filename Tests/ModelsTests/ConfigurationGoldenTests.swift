// Configurations that say things in unusual ways: what transformers and llama.cpp compute with them.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct ConfigurationGoldenTests {
    private static func cases(_ folder: String) -> [JSONValue] {
        (try? parse(fixture(folder).appendingPathComponent("golden.json")))?["cases"]?.array ?? []
    }

    private static func names(_ folder: String) -> [String] { cases(folder).compactMap { $0["name"]?.string } }

    /// Log-probabilities of every token after each token of `ids`.
    private func logProbabilities(_ model: LanguageModel, _ ids: [Int32]) throws -> [[Float]] {
        let batch = TokenBatch(examples: [(ids, ids.map { _ in false })])
        let logits = try model.logits(batch, workspace: Workspace())
        return stride(from: 0, to: logits.count, by: 48).map { start in
            let row = logits[start..<(start + 48)]
            let highest = row.max() ?? 0
            let sum = row.reduce(0.0) { $0 + exp(Double($1 - highest)) }
            return row.map { Float(Double($0 - highest) - log(sum)) }
        }
    }

    /// A folder with the case's configuration beside the shared weights.
    private func model(_ golden: JSONValue, in folder: URL) throws -> LanguageModel {
        let weights = fixture("configurations").appendingPathComponent(golden["weights"]?.string ?? "")
        try FileManager.default.copyItem(at: weights, to: folder.appendingPathComponent("model.safetensors"))
        let text = (golden["config"] ?? nil).text(.compact)
        try text.write(to: folder.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
        return try loadModel(folder)
    }

    @Test(arguments: names("configurations")) func meansWhatItMeansInTransformers(_ name: String) throws {
        let golden = try #require(Self.cases("configurations").first { $0["name"]?.string == name })
        try withTemporaryDirectory { try check(golden, model(golden, in: $0)) }
    }

    private func check(_ golden: JSONValue, _ model: LanguageModel) throws {
        let length = golden["length"]?.integer ?? 0
        let ids = (0..<length).map { (index: Int) -> Int32 in
            let mixed = index * index * 7 + index * 13 + index / 5
            return Int32(mixed % 45 + 3)
        }
        let rows = try logProbabilities(model, ids)
        let found = zip(rows, ids.dropFirst()).map { $0[Int($1)] }.suffix(24)
        let expected = floats(golden["logprobs"])
        #expect(expected.count == 24)
        #expect(maximumDifference(Array(found), expected) < 1e-4)
        // What is written from it means the same.
        let again = try ModelConfiguration(huggingFace: .object(model.configuration.huggingFaceJSON))
        #expect(again == model.configuration)
    }

    @Test(arguments: names("gguf")) func meansWhatItMeansInLlamaCpp(_ name: String) throws {
        let golden = try #require(Self.cases("gguf").first { $0["name"]?.string == name })
        let ids = integers(try parse(fixture("gguf").appendingPathComponent("golden.json"))["ids"])
        let model = try loadModel(fixture("gguf").appendingPathComponent(name + ".gguf"))
        let found = try #require(try logProbabilities(model, ids).last)
        let expected = floats(golden["logprobs"])
        #expect(expected.count == 48)
        #expect(maximumDifference(found, expected) < 2e-4, "\(name)")
    }

    /// A LoRA in GGUF, a later part of a split model, and a split model without one of its parts are told as what they are.
    @Test func otherGGUFFilesAreNamed() throws {
        let adapter = fixture("gguf").appendingPathComponent("adapter.gguf")
        #expect(
            #expect(throws: WeightError.self) { try openWeights(adapter) }?.problem.contains("LoRA adapter") == true)
        let name = "split-00002-of-00003.gguf"
        let second = #expect(throws: WeightError.self) { try openWeights(fixture("gguf").appendingPathComponent(name)) }
        #expect(second?.problem == "part 2 of a model in 3 files" && second?.hint?.contains("00001-of-00003") == true)
        try withTemporaryDirectory { folder in
            let first = "split-00001-of-00003.gguf"
            let copy = folder.appendingPathComponent(first)
            try FileManager.default.copyItem(at: fixture("gguf").appendingPathComponent(first), to: copy)
            #expect(#expect(throws: WeightError.self) { try openWeights(copy) }?.expected == name)
        }
    }
}
