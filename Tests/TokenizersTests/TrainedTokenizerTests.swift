import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

/// Small tokenizers of each kind (made by `scripts/goldens/train_tokenizers.py`) on texts that are hard for tokenizers.
@Suite struct TrainedTokenizerTests {
    static let names = ["llama3", "qwen2", "metaspace-bpe", "legacy-bpe", "unigram", "wordpiece", "added"]

    private func fixture(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
    }

    @Test(arguments: names) func idsAndTextEqualHuggingFace(_ name: String) throws {
        try check(tokenizer(at: fixture("\(name).tokenizer.json")), fixture("\(name).cases.json"))
    }

    @Test(arguments: names) func offsetsCoverTheirText(_ name: String) throws {
        let tokenizer = try tokenizer(at: fixture("\(name).tokenizer.json"))
        for item in try json(at: fixture("\(name).cases.json"))["cases"]?.array ?? [] {
            let text = try #require(item["text"]?.string)
            let bytes = Array(text.utf8)
            let encoding = tokenizer.encode(text, addSpecialTokens: true)
            var previous = 0
            for range in encoding.offsets {
                #expect(range.upperBound <= bytes.count)
                #expect(range.lowerBound >= previous || name == "added")
                #expect(range.lowerBound == bytes.count || bytes[range.lowerBound] & 0xC0 != 0x80)
                #expect(range.upperBound == bytes.count || bytes[range.upperBound] & 0xC0 != 0x80)
                previous = range.lowerBound
            }
            guard name == "llama3" || name == "qwen2" else { continue }
            // A byte-level tokenizer leaves nothing out.
            var covered = 0
            for range in encoding.offsets {
                #expect(range.lowerBound <= covered)
                covered = max(covered, range.upperBound)
            }
            #expect(covered == bytes.count)
        }
    }

    @Test(arguments: names) func streamingGivesTheDecodedText(_ name: String) throws {
        let tokenizer = try tokenizer(at: fixture("\(name).tokenizer.json"))
        for item in try json(at: fixture("\(name).cases.json"))["cases"]?.array ?? [] {
            let ids = tokenizer.encode(try #require(item["text"]?.string), addSpecialTokens: true).ids
            var decoder = StreamingDecoder(tokenizer)
            var text = ""
            for id in ids { text += decoder.feed(id) }
            text += decoder.finish()
            #expect(text.utf8.elementsEqual(tokenizer.decode(ids).utf8))
        }
    }

    @Test func specialTokensInTextAreTextWhereNotAskedFor() throws {
        let tokenizer = try tokenizer(at: fixture("llama3.tokenizer.json"))
        let id = try #require(tokenizer.id(ofToken: "<|eot|>"))
        #expect(tokenizer.encode("a<|eot|>", addSpecialTokens: false).ids.contains(id))
        let plain = tokenizer.encode("a<|eot|>", addSpecialTokens: false, parseSpecial: false)
        #expect(!plain.ids.contains(id))
        #expect(tokenizer.decode(plain.ids) == "a<|eot|>")
    }

    @Test func canonicallyEquivalentTokensStayApart() throws {
        let json: JSONValue = [
            "model": ["type": "WordLevel", "unk_token": "?", "vocab": ["?": 0, "\u{E9}": 1, "e\u{301}": 2]]
        ]
        let tokenizer = try Tokenizer(huggingFace: json)
        #expect(tokenizer.encode("\u{E9}", addSpecialTokens: false).ids == [1])
        #expect(tokenizer.encode("e\u{301}", addSpecialTokens: false).ids == [2])
    }

    @Test(arguments: [
        (#"{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}"#, "$.model.vocab[\"a\"]"),
        (#"{"model": {"type": "BPE", "vocab": {"a": 4294967296}, "merges": []}}"#, "$.model.vocab[\"a\"]"),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#, "$.model.merges[0]"),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", 1]]}}"#, "$.model.merges[0][1]"),
        (#"{"model": {"type": "Unigram", "vocab": [["a", -1]], "unk_id": 7}}"#, "$.model.unk_id"),
        (#"{"model": {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "[UNK]"}}"#, "$.model.unk_token"),
        (
            #"{"model": {"type": "BPE", "vocab": {}, "merges": []}, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated"}}"#,
            "$.pre_tokenizer.pattern.Regex"
        ),
        (#"{"model": {"type": "BPE", "vocab": {}, "merges": []}, "normalizer": {"type": "Nope"}}"#, "$.normalizer"),
        (
            #"{"model": {"type": "BPE", "vocab": {}, "merges": []}, "added_tokens": [{"id": 9999999999, "content": "x"}]}"#,
            "$.added_tokens[0].id"
        ),
        (
            #"{"model": {"type": "BPE", "vocab": {}, "merges": []}, "post_processor": {"type": "BertProcessing", "sep": ["a", 3], "cls": ["a", 3]}}"#,
            "$.post_processor.cls[1]"
        ),
        (#"[]"#, "$"),
    ])
    func hostileDescriptionsNameThePlace(_ text: String, _ place: String) throws {
        let value = try JSONValue(parsing: text)
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(huggingFace: value) }
        #expect(error?.place == place)
    }

    @Test(arguments: names) func mutatedDescriptionsNeverCrash(_ name: String) throws {
        let bytes = Array(try Data(contentsOf: fixture("\(name).tokenizer.json")))
        var state: UInt64 = 7
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var refused = 0
        for _ in 0..<1_500 {
            var mutated = bytes
            for _ in 0...next(3) {
                let place = next(mutated.count)
                if next(2) == 0 { mutated[place] = UInt8(0x20 + next(0x5F)) } else { mutated.remove(at: place) }
            }
            guard let value = try? JSONValue(parsing: mutated) else { continue }
            do {
                let tokenizer = try Tokenizer(huggingFace: value)
                _ = tokenizer.decode(tokenizer.encode("Hello <|bos|> wörld 12\n", addSpecialTokens: true).ids)
            } catch {
                refused += 1
            }
        }
        #expect(refused < 1_500)
    }
}
