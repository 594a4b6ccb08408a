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
        // Of another vocabulary: what both have.
        var smaller = TokenMask(count: 65)
        smaller.formUnion(mask)
        #expect(smaller.tokens == [0, 64])
        other = TokenMask(count: 200)
        other.formUnion(mask)
        #expect(other.tokens == mask.tokens)
    }

    @Test func aModelMayHaveMoreRowsThanTokens() throws {
        let pieces = TokenPieces(bytes: [Array("a".utf8), Array("ab".utf8), Array("b".utf8), []], ends: [3])
        let state = try TextGrammar(pattern: "ab?", pieces).makeState()
        for count in [2, 4, 70, 200] {
            var mask = TokenMask(count: count)
            state.allowed(&mask)
            #expect(mask.count == count && mask.tokens == [0, 1])
        }
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
