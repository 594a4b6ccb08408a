// Sets of tokens, and the bytes of tokens as a trie.

import Foundation
import Grammars
import JSON
import TestSupport
import Testing
import Tokenizers

@Suite struct TokenPiecesTests {
    @Test func aMaskHoldsWhatWasPutIn() {
        var mask = TokenMask(count: 70)
        #expect(mask.isEmpty)
        for token: Int32 in [0, 63, 64, 69] { mask.insert(token) }
        #expect(mask.tokens == [0, 63, 64, 69])
        #expect(mask.population == 4)
        mask.remove(63)
        mask.remove(500)
        #expect(!mask.contains(63) && mask.contains(64))
        // A model may have more rows than its vocabulary has tokens.
        #expect(!mask.contains(70) && !mask.contains(-1) && !mask.contains(1 << 20))
        var other = TokenMask(count: 70)
        other.insert(1)
        other.formUnion(mask)
        #expect(other.tokens == [0, 1, 64, 69])
        other.removeAll()
        #expect(other.isEmpty)
    }

    @Test func wordPieceIsRefused() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("TokenizersTests/Fixtures/wordpiece.tokenizer.json")
        let tokenizer = try Tokenizer(huggingFace: JSONValue(parsing: Array(Data(contentsOf: file))))
        #expect(throws: GrammarError.self) { _ = try TokenPieces(tokenizer) }
    }

    @Test func endsAreTheTokenizers() throws {
        let file = TinyModel.chat.appendingPathComponent("tokenizer.json")
        let tokenizer = try Tokenizer(
            huggingFace: JSONValue(parsing: Array(Data(contentsOf: file))),
            config: JSONValue(
                parsing: Array(Data(contentsOf: TinyModel.chat.appendingPathComponent("tokenizer_config.json")))))
        let pieces = try TokenPieces(tokenizer)
        #expect(pieces.count == tokenizer.vocabularySize)
        #expect(!pieces.ends.isEmpty)
        #expect(Set(pieces.ends) == tokenizer.endOfGenerationIDs)
    }
}
