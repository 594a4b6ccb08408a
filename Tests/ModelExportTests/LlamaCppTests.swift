// GGUF files of every family, as llama.cpp reads them.

import Foundation
import JSON
import ModelExport
import Models
import Tensors
import TestSupport
import Testing
import Tokenizers

@Suite(.needsPython("xllamacpp", "gguf", "numpy")) struct LlamaCppTests {
    private static let texts = [
        "Once upon a time,\n\n there was", " <s>user\n hi</s>", "<|turn|>user\nté 日本 🙂</s>\n<|turn|>assistant\n", "",
        "  ",
        "3.14 = don't\t\r\n  x",
    ]
    private static let ids: [Int32] = [1, 30, 77, 2, 5, 400, 12, 13, 14, 90, 91, 92, 500, 3, 8, 260, 7, 7, 300]

    @Test(arguments: TinyFamily.allCases) func llamaCppComputesWhatLatheDoes(_ family: TinyFamily) throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model"), file = place.appendingPathComponent("model.gguf")
            try family.write(to: folder)
            let base = try openWeights(folder), steps = 12
            try ModelMerger(base: base).export(as: .gguf, into: file)
            let answer = try Self.ask(file, steps: steps)
            let tokenizer = try #require(try base.tokenizerSource()?.tokenizer())
            for (text, ids) in zip(Self.texts, answer["texts"]?.array ?? []) {
                #expect(
                    Self.integers(ids) == tokenizer.encode(text, addSpecialTokens: true).ids, "\(text.debugDescription)"
                )
            }
            let model = try LanguageModel(base, precision: .f32)
            let expected = try Self.logits(model, Self.ids)
            let found = (answer["logits"]?.array ?? []).flatMap {
                ($0.array ?? []).compactMap(\.double).map { Float($0) }
            }
            #expect(maximumDifference(found, expected) < family.llamaCppBound)
            #expect(try Self.integers(answer["greedy"]) == Self.greedy(model, steps))
        }
    }

    @Test(arguments: TinyFamily.allCases) func ggufReadsTheMetadata(_ family: TinyFamily) throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model"), file = place.appendingPathComponent("model.gguf")
            try family.write(to: folder)
            try ModelMerger(base: openWeights(folder)).export(as: .gguf, into: file)
            let program = """
                import sys, gguf
                reader = gguf.GGUFReader(sys.argv[1])
                for field in reader.fields.values(): field.contents()
                print(reader.get_field("general.architecture").contents(), len(reader.tensors),
                      len(reader.get_field("tokenizer.ggml.tokens").contents()))
                """
            let (status, output) = try ReferencePython.run(with: ["gguf"], ["-W", "error", "-c", program, file.path])
            let words = output.split(whereSeparator: \.isWhitespace)
            #expect(status == 0 && words.count == 3 && words.last == "512")
        }
    }

    private static func ask(_ file: URL, steps: Int) throws -> JSONValue {
        let questions = file.deletingLastPathComponent().appendingPathComponent("questions.json")
        let json: JSONValue = [
            "texts": .array(texts.map { .string($0) }), "ids": .array(ids.map { .integer(Int($0)) }),
            "steps": .integer(steps),
        ]
        try Data(json.text().utf8).write(to: questions)
        let script = packageRoot.appendingPathComponent("scripts/checks/gguf_by_llama_cpp.py").path
        let (status, output) = try ReferencePython.run(
            with: ["xllamacpp", "numpy"], [script, file.path, questions.path])
        #expect(status == 0)
        return try JSONValue(parsing: output)
    }

    private static func logits(_ model: LanguageModel, _ ids: [Int32]) throws -> [Float] {
        try model.logits(TokenBatch(examples: [(ids, ids.map { _ in false })]), workspace: Workspace())
    }

    private static func greedy(_ model: LanguageModel, _ steps: Int) throws -> [Int32] {
        var all = ids
        for _ in 0..<steps {
            let last = try logits(model, all).suffix(model.configuration.vocabularySize)
            let best = try #require(last.indices.max { last[$0] < last[$1] })
            all.append(Int32(best - last.startIndex))
        }
        return Array(all.dropFirst(ids.count))
    }

    private static func integers(_ value: JSONValue?) -> [Int32] {
        (value?.array ?? []).compactMap(\.integer).map(Int32.init)
    }
}
