// Vocabularies to hold grammars against, and walks through them that chance leads.

import Foundation
import Grammars
import JSON
import TestSupport
import Tokenizers

/// A tokenizer and its pieces.
struct GrammarVocabulary: Sendable {
    let tokenizer: Tokenizer
    let pieces: TokenPieces

    init(_ tokenizer: Tokenizer) throws {
        self.tokenizer = tokenizer
        pieces = try TokenPieces(tokenizer)
    }

    /// Byte-level, 512 tokens.
    static let tiny = Result {
        try GrammarVocabulary(
            Tokenizer(
                huggingFace: json(TinyModel.chat.appendingPathComponent("tokenizer.json")),
                config: json(TinyModel.chat.appendingPathComponent("tokenizer_config.json"))))
    }

    /// SentencePiece's way, with tokens for single bytes.
    static let metaspace = Result { try fixture("metaspace-bpe") }

    static func fixture(_ name: String) throws -> GrammarVocabulary {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try GrammarVocabulary(
            Tokenizer(
                huggingFace: json(folder.appendingPathComponent("TokenizersTests/Fixtures/\(name).tokenizer.json"))))
    }

    static func json(_ file: URL) throws -> JSONValue { try JSONValue(parsing: Array(Data(contentsOf: file))) }

    func bytes(_ tokens: [Int32]) -> [UInt8] { tokens.flatMap { tokenizer.tokenBytes($0) } }

    /// Whether a grammar lets `text` through byte by byte, and whether it is complete then.
    func accepts(_ text: String, _ grammar: any TokenGrammar) -> Bool {
        var single: [UInt8: Int32] = [:]
        for token in 0..<Int32(pieces.count) where tokenizer.tokenBytes(token).count == 1 {
            single[tokenizer.tokenBytes(token)[0]] = token
        }
        var state = grammar.makeState()
        for byte in text.utf8 {
            guard let token = single[byte], state.advance(token) else { return false }
        }
        return state.isComplete
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }
}

/// A text written by chance, of tokens that a grammar allows.
struct GrammarWalk {
    var tokens: [Int32] = []
    var isComplete = false
    /// What went wrong on the way.
    var fault: String?

    init(_ grammar: any TokenGrammar, _ vocabulary: GrammarVocabulary, limit: Int, seed: Int) {
        var (chance, state) = (Chance(seed), grammar.makeState())
        var mask = TokenMask(count: vocabulary.pieces.count)
        while tokens.count < limit, !state.isFinished {
            if state.isComplete, chance.below(4) == 0 { break }
            state.allowed(&mask)
            let allowed = mask.tokens
            guard !allowed.isEmpty else {
                fault = "a dead end"
                return
            }
            let token = state.affordable(allowed[chance.below(allowed.count)], left: limit - tokens.count)
            guard mask.contains(token), state.advance(token) else {
                fault = "token \(token) is not allowed"
                return
            }
            if vocabulary.pieces.ends.contains(token) { break }
            tokens.append(token)
        }
        isComplete = state.isComplete
    }
}

extension TokenGrammarState {
    /// Takes `tokens` one after another.
    ///
    /// - Returns: whether all of them could come.
    mutating func takes(_ tokens: [Int32]) -> Bool {
        for token in tokens where !advance(token) { return false }
        return true
    }

    /// Whether `token` may come next.
    func wouldTake(_ token: Int32) -> Bool {
        var copy = self
        return copy.advance(token)
    }
}
