// tokenizer.json as a GGUF vocabulary, for the tokenizers that merge by scores in llama.cpp.

import JSON
import TestSupport
import Testing
import Tokenizers

@Suite struct GGUFOfTokenizerTests {
    /// SentencePiece-style: bytes, a few letters, and pieces of them. `ab` joins before `bc`.
    private static let pieces = ["▁", "a", "b", "c", "ab", "bc", "abc", "▁ab", "▁a", "▁abc"]
    private static let merges = [
        ["a", "b"], ["b", "c"], ["ab", "c"], ["a", "bc"], ["▁", "a"], ["▁a", "b"], ["▁", "ab"], ["▁a", "bc"],
        ["▁ab", "c"],
        ["▁", "abc"],
    ]

    private static func json(
        merges: [[String]] = merges, normalizer: JSONValue? = nil, preTokenizer: JSONValue = nil, fallback: Bool = true
    ) -> JSONValue {
        let bytes = (0..<256).map { "<0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) + ">" }
        let texts = ["<unk>", "<s>", "</s>"] + bytes + pieces
        let replace: JSONValue = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
        let usual: JSONValue = ["type": "Sequence", "normalizers": [["type": "Prepend", "prepend": "▁"], replace]]
        let added: [JSONValue] = ["<unk>", "<s>", "</s>"].enumerated().map { id, text in
            ["id": .integer(id), "content": .string(text), "special": true, "normalized": false]
        }
        return [
            "added_tokens": .array(added), "normalizer": normalizer ?? usual, "pre_tokenizer": preTokenizer,
            "post_processor": [
                "type": "TemplateProcessing",
                "single": [["SpecialToken": ["id": "<s>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]]],
                "special_tokens": ["<s>": ["id": "<s>", "ids": [1], "tokens": ["<s>"]]],
            ],
            "model": [
                "type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": .bool(fallback),
                "vocab": .object(JSONObject(texts.enumerated().map { ($1, .integer($0)) })),
                "merges": .array(merges.map { .array($0.map { .string($0) }) }),
            ],
        ]
    }

    private static let size = 3 + 256 + pieces.count

    private static func vocabulary(_ json: JSONValue, rendersChats: Bool = false) throws -> GGUFVocabulary {
        try GGUFVocabulary(huggingFace: json, companions: .init(), size: size, rendersChats: rendersChats)
    }

    @Test func mergesBecomeScores() throws {
        let vocabulary = try Self.vocabulary(Self.json())
        #expect(vocabulary.model == "llama" && vocabulary.pre == "default" && vocabulary.addsSpacePrefix == true)
        #expect(vocabulary.addsBOS == true && vocabulary.addsEOS == false && vocabulary.bosID == 1)
        #expect(vocabulary.tokenTypes?.prefix(4) == [3, 3, 3, 6] && vocabulary.tokenTypes?.last == 1)
        let scores = try #require(vocabulary.scores)
        func score(_ piece: String) throws -> Float { scores[try 259 + #require(Self.pieces.firstIndex(of: piece))] }
        #expect(try score("ab") > score("bc") && score("bc") > score("abc") && score("abc") > score("▁a"))
        let (left, right) = (try Tokenizer(huggingFace: Self.json()), try Tokenizer(gguf: vocabulary))
        for text in ["abc", "a b c abcabc", "  ab\n", "bcab é", "aab", "<s>ab"] {
            #expect(left.encode(text, addSpecialTokens: true) == right.encode(text, addSpecialTokens: true), "\(text)")
        }
    }

    /// llama.cpp would merge what the list does not.
    @Test func pairsThatDoNotMergeAreRefused() throws {
        let fewer = Self.merges.filter { $0 != ["a", "bc"] }
        let error = #expect(throws: TokenizerError.self) { try Self.vocabulary(Self.json(merges: fewer)) }
        #expect(error?.description.contains("`a` and `bc`") == true)
    }

    @Test func charactersWithoutBytesAreRefused() {
        #expect(throws: TokenizerError.self) { try Self.vocabulary(Self.json(fallback: false)) }
    }

    /// A space at the start of a text alone: llama.cpp has it before every stretch, which is the same for texts without tokens, or
    /// never, which is the same for those that begin with one.
    @Test(arguments: [true, false]) func aSpaceAtTheStartAloneDependsOnTheTexts(_ rendersChats: Bool) throws {
        let metaspace: JSONValue = [
            "type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false,
        ]
        let json = Self.json(normalizer: .null, preTokenizer: metaspace)
        let vocabulary = try Self.vocabulary(json, rendersChats: rendersChats)
        #expect(vocabulary.addsSpacePrefix == !rendersChats)
        let (left, right) = (try Tokenizer(huggingFace: json), try Tokenizer(gguf: vocabulary))
        let text = rendersChats ? "<s>abc</s>ab" : "abc ab"
        #expect(left.encode(text, addSpecialTokens: false) == right.encode(text, addSpecialTokens: false))
    }
}
