// Tokenizers of which only what texts use is left: the same texts become the same tokens.

import Foundation
import JSON
import ModelExport
import Models
import Pruning
import Tensors
import TestSupport
import Testing
import Tokenizers
import WeightFiles

@Suite struct PrunedTokenizerTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("TokenizersTests/Fixtures")

    private static func texts(_ name: String) throws -> [String] {
        let file = fixtures.appendingPathComponent("\(name).cases.json")
        let cases = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
        return (cases["cases"]?.array ?? []).compactMap { $0["text"]?.string }
    }

    /// A model of one block whose tokenizer is the fixture called `name`.
    private func withModel(_ name: String, _ body: (any ModelSource) throws -> Void) throws {
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("model")
            try TinyFamily.llama.write(to: place)
            let tokenizer = place.appendingPathComponent("tokenizer.json")
            try FileManager.default.removeItem(at: tokenizer)
            try FileManager.default.copyItem(
                at: Self.fixtures.appendingPathComponent("\(name).tokenizer.json"), to: tokenizer)
            try Data("{}".utf8).write(to: place.appendingPathComponent("tokenizer_config.json"))
            try Data("{}".utf8).write(to: place.appendingPathComponent("generation_config.json"))
            try body(openWeights(place))
        }
    }

    private func tokenizer(_ source: any ModelSource) throws -> Tokenizer {
        try #require(try source.tokenizerSource()).tokenizer()
    }

    /// What `texts` are made of stays; they become the same tokens, and other texts still become tokens that give them back.
    @Test(arguments: ["llama3", "qwen2", "metaspace-bpe", "legacy-bpe", "unigram", "added"])
    func textsInUseKeepTheirTokens(_ name: String) throws {
        let texts = try Self.texts(name)
        let inUse = texts.enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
        try withModel(name) { base in
            let whole = try tokenizer(base)
            let used = inUse.flatMap { whole.encode($0, addSpecialTokens: true).ids }.map { Int($0) }
            let kept = try KeptTokens(of: base, using: Set(used)).numbers
            #expect(Set(used).isSubset(of: kept) && kept == kept.sorted() && kept.count < whole.vocabularySize)
            let left = try tokenizer(PrunedModel(base, PruningPlan(blocks: [0, 1, 2], tokens: kept)))
            #expect(left.vocabularySize == kept.count)
            for text in inUse {
                let (before, after) = (
                    whole.encode(text, addSpecialTokens: true).ids, left.encode(text, addSpecialTokens: true).ids
                )
                #expect(after.map { kept[Int($0)] } == before.map { Int($0) }, "\(text)")
                #expect(left.decode(after) == whole.decode(before))
            }
            guard ["llama3", "qwen2"].contains(name) else { return }
            for text in texts {
                let ids = left.encode(text, addSpecialTokens: false).ids
                #expect(left.decode(ids) == whole.decode(whole.encode(text, addSpecialTokens: false).ids), "\(text)")
            }
        }
    }

    @Test func kindsThatCannotBeDoneAreNamed() throws {
        try withModel("wordpiece") { base in
            #expect {
                try KeptTokens(of: base, using: [1, 2])
            } throws: { "\($0)".contains("WordPiece") && "\($0)".contains("leave the vocabulary whole") }
        }
    }

    /// Written from a folder and from GGUF, what is left gives the logits that the base has for the tokens that stay.
    @Test(arguments: [TinyModel.chat, TinyModel.chatGGUF]) func logitsAreThoseOfTheTokensThatStay(_ place: URL) throws {
        let base = try openWeights(place), whole = try tokenizer(base)
        let texts = ["Tom had a ball.", "Lily was happy to play with the big dog."]
        let ids = texts.map { whole.encode($0, addSpecialTokens: true).ids }
        let kept = try KeptTokens(of: base, using: Set(ids.joined().map { Int($0) })).numbers
        #expect(kept.count < TinyModel.vocabularySize)
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("left")
            let pruned = try PrunedModel(base, PruningPlan(blocks: [0, 1, 2], tokens: kept))
            try ModelMerger(base: pruned).export(
                as: .huggingFaceFolder, into: place, options: ModelOutputOptions(type: .fp32))
            let left = try openWeights(place), renumbered = try tokenizer(left)
            #expect(left.shape(at: "model.embed_tokens.weight") == [kept.count, 64])
            #expect(renumbered.bosID.map { kept[Int($0)] } == whole.bosID.map { Int($0) })
            #expect(renumbered.eosID.map { kept[Int($0)] } == whole.eosID.map { Int($0) })
            let ends = try ModelConfiguration(of: left).endTokens.map { kept[$0] }
            #expect(try ends == ModelConfiguration(of: base).endTokens)
            let after = texts.map { renumbered.encode($0, addSpecialTokens: true).ids }
            #expect(after.map { $0.map { kept[Int($0)] } } == ids.map { $0.map { Int($0) } })
            let (found, expected) = (try logits(left, after), try logits(base, ids))
            let width = TinyModel.vocabularySize
            let columns = stride(from: 0, to: expected.count, by: width).flatMap { row in
                kept.map { expected[row + $0] }
            }
            #expect(maximumDifference(found, columns) < 1e-4)
        }
    }

    private func logits(_ source: any ModelSource, _ ids: [[Int32]]) throws -> [Float] {
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: source), weights: source, precision: .f32)
        return try model.logits(
            TokenBatch(examples: ids.map { ($0, $0.map { _ in false }) }), workspace: Workspace())
    }
}
