// SentencePiece's precompiled character map in a tokenizer of T5's kind: scripts/goldens/tiny_seq2seq.py.

import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@Suite struct CharsmapTests {
    private static let folder = packageRoot.appendingPathComponent("Tests/TestSupport/TinySeq2Seq")

    /// Spaces of any kind, ligatures, wide figures and composed letters, marks of words, extra ids, the end behind a text.
    @Test func idsEqualHuggingFace() throws {
        let tokenizer = try tokenizer(at: Self.folder.appendingPathComponent("tokenizer.json"))
        let golden = try json(at: Self.folder.appendingPathComponent("golden.json"))
        let texts = (golden["odd"]?.array ?? []).compactMap(\.string)
        let ids = (golden["ids"]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer) }
        #expect(texts.count == 10 && ids.count == 10)
        for (text, ids) in zip(texts, ids) {
            let found = tokenizer.encode(text, addSpecialTokens: true)
            #expect(found.ids.map(Int.init) == ids, "\(text)")
            #expect(found.offsets.allSatisfy { $0.upperBound <= text.utf8.count }, "\(text)")
        }
        #expect(tokenizer.text(ofToken: Int32(tokenizer.vocabularySize - 1)) == "<extra_id_0>")
    }

    /// A map that is cut or is none is told by its place.
    @Test(arguments: ["", "AAA=", "?", "/////wAA", "BAAAAA=="]) func aDamagedMapIsAnError(_ map: String) throws {
        var description = try #require(
            try json(at: Self.folder.appendingPathComponent("tokenizer.json")).object)
        description["normalizer"] = ["type": "Precompiled", "precompiled_charsmap": .string(map)]
        #expect {
            try Tokenizer(huggingFace: .object(description))
        } throws: { error in
            "\(error)".contains("precompiled_charsmap")
        }
    }
}
