import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

/// Texts with the ids, offsets and decoded text that Hugging Face's `tokenizers` gives.
@Suite struct TokenizerVectorTests {
    @Test(.needs("vectors/tokenizers/smollm2-bytelevel-bpe.json"), .needs("models/smollm2-tokenizer/tokenizer.json"))
    func smolLM2() throws {
        let tokenizer = try tokenizer(at: SharedData.url("models/smollm2-tokenizer/tokenizer.json"))
        try check(tokenizer, SharedData.url("vectors/tokenizers/smollm2-bytelevel-bpe.json"))
        #expect(tokenizer.vocabularySize == 49152)
        #expect(tokenizer.id(ofToken: "<|im_end|>") == 2)
    }

    @Test(
        .needs("vectors/tokenizers/minilm-wordpiece.json"),
        .enabled(if: miniLMFile != nil, "needs the all-MiniLM-L6-v2 tokenizer.json"))
    func miniLM() throws {
        let url = try #require(Self.miniLMFile)
        try check(tokenizer(at: url), SharedData.url("vectors/tokenizers/minilm-wordpiece.json"))
    }

    private static let miniLMFile: URL? = {
        let candidates = [
            packageRoot.appendingPathComponent("checkpoints/base/all-MiniLM-L6-v2/tokenizer.json"),
            SharedData.url("models/all-minilm-l6-v2/tokenizer.json"),
        ]
        return candidates.first { FileManager.default.fileExists(atPath: $0.path) }
    }()
}

func tokenizer(at url: URL, config: URL? = nil) throws -> Tokenizer {
    try Tokenizer(huggingFace: json(at: url), config: config.map { try json(at: $0) })
}

func json(at url: URL) throws -> JSONValue { try JSONValue(parsing: Array(try Data(contentsOf: url))) }

/// Checks every case of a vector file: `text`, `ids`, `ids_no_special`, `offsets` (in characters), `decoded`.
func check(_ tokenizer: Tokenizer, _ url: URL) throws {
    let cases = try #require(try json(at: url)["cases"]?.array)
    #expect(cases.count > 10)
    for item in cases {
        let text = try #require(item["text"]?.string)
        let expected = item["ids"]?.array?.compactMap { $0.integer.map(Int32.init) }
        let plain = item["ids_no_special"]?.array?.compactMap { $0.integer.map(Int32.init) }
        let decoded = try #require(item["decoded"]?.string)
        #expect(tokenizer.encode(text, addSpecialTokens: true).ids == expected, "\(text.debugDescription)")
        let encoding = tokenizer.encode(text, addSpecialTokens: false)
        #expect(encoding.ids == plain, "\(text.debugDescription)")
        #expect(encoding.offsets.count == encoding.ids.count)
        if let offsets = item["offsets"]?.array?.map({ $0.array?.compactMap(\.integer) ?? [] }),
            offsets.count == encoding.ids.count
        {
            #expect(encoding.offsets.map { characters(of: $0, in: text) } == offsets, "\(text.debugDescription)")
        }
        if let plain {
            let result = tokenizer.decode(plain, skipSpecialTokens: item["skip_special"]?.bool ?? false)
            #expect(result.utf8.elementsEqual(decoded.utf8), "\(text.debugDescription): \(result.debugDescription)")
        }
    }
}

/// A range of UTF-8 bytes as a range of characters (scalars), the way Hugging Face counts.
private func characters(of range: Range<Int>, in text: String) -> [Int] {
    let bytes = Array(text.utf8)
    func count(_ end: Int) -> Int { bytes[..<end].reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
    return [count(range.lowerBound), count(range.upperBound)]
}
