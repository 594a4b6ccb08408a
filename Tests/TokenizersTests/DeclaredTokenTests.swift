// Tokens that stand beside tokenizer.json alone, against transformers.

import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@Suite struct DeclaredTokenTests {
    private static func fixture(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
    }

    private static let golden = try? JSONValue(parsing: [UInt8](Data(contentsOf: fixture("declared.cases.json"))))
    private static let names = (golden?["cases"]?.array ?? []).compactMap { $0["name"]?.string }

    @Test(arguments: names) func idsAreThoseOfTransformers(_ name: String) throws {
        let golden = try #require(Self.golden)
        let item = try #require(golden["cases"]?.array?.first { $0["name"]?.string == name })
        let base = try JSONValue(parsing: [UInt8](Data(contentsOf: Self.fixture("llama3.tokenizer.json"))))
        let companions = TokenizerCompanions(
            config: item["config"], specialTokensMap: item["map"], addedTokens: item["added"])
        let tokenizer = try Tokenizer(huggingFace: base, companions: companions)
        let texts = (golden["texts"]?.array ?? []).compactMap(\.string)
        #expect(texts.count == 5 && Self.names.count == 12)
        for (text, ids) in zip(texts, item["ids"]?.array ?? []) {
            let expected = (ids.array ?? []).compactMap(\.integer).map { Int32($0) }
            #expect(tokenizer.encode(text, addSpecialTokens: false).ids == expected, "\(text)")
        }
        #expect(tokenizer.eosID.map { Int($0) } == item["eos"]?.integer)
    }

    @Test func aDeclarationOfAnotherTypeIsAnError() throws {
        let base = try JSONValue(parsing: [UInt8](Data(contentsOf: Self.fixture("llama3.tokenizer.json"))))
        for config: JSONValue in [
            ["added_tokens_decoder": ["x": ["content": "a"]]], ["added_tokens_decoder": ["3": 4]],
            ["additional_special_tokens": "<|tool|>"],
        ] {
            #expect(throws: TokenizerError.self) { try Tokenizer(huggingFace: base, config: config) }
        }
    }
}
