import Foundation
import TestSupport
import Testing
import Tokenizers
import WeightFiles

/// Vocabularies of GGUF files against the ids that llama.cpp gives.
@Suite struct GGUFVocabularyTests {
    private func checkIDsOfLlamaCpp(_ file: URL) throws {
        let tokenizer = try Tokenizer(gguf: vocabulary(at: file))
        let texts = String(decoding: try Data(contentsOf: file.appendingPathExtension("inp")), as: UTF8.self)
            .split(separator: "\n__ggml_vocab_test__\n", omittingEmptySubsequences: false)
        let lines = String(decoding: try Data(contentsOf: file.appendingPathExtension("out")), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(texts.count > 40)
        for (text, line) in zip(texts, lines) {
            let expected = line.split(separator: " ").compactMap { Int32($0) }
            #expect(
                tokenizer.encode(String(text), addSpecialTokens: false, parseSpecial: false).ids == expected,
                "\(text.debugDescription)")
        }
    }

    @Test(arguments: TinyModel.twins) func bothFormsOfOneModelAgree(folder: URL, file: URL) throws {
        let fromJSON = try tokenizer(
            at: folder.appendingPathComponent("tokenizer.json"),
            config: folder.appendingPathComponent("tokenizer_config.json"))
        let fromGGUF = try Tokenizer(gguf: vocabulary(at: file))
        #expect(fromJSON.bosID == 1 && fromGGUF.bosID == 1)
        #expect(fromJSON.addsBOS && fromGGUF.addsBOS)
        for text in ["Once upon a time", " two  spaces", "", "naïve 日本\n\n", "<s>in</s> text", "Lily's dog."] {
            let left = fromJSON.encode(text, addSpecialTokens: true)
            let right = fromGGUF.encode(text, addSpecialTokens: true)
            #expect(left == right, "\(text.debugDescription)")
            #expect(fromJSON.decode(left.ids) == fromGGUF.decode(left.ids))
        }
    }

    /// The ids that `tokenizers` gives some texts, from both forms; where public vocabularies are there, llama.cpp's too.
    @Test func idsAreTheGoldenOnes() throws {
        let texts = try #require(try json(at: TinyModel.golden)["texts"]?.array)
        let tokenizers = [
            try tokenizer(at: TinyModel.base.appendingPathComponent("tokenizer.json")),
            try Tokenizer(gguf: vocabulary(at: TinyModel.chatGGUF)),
        ]
        #expect(texts.count == 5)
        for text in texts {
            let expected = text["ids"]?.array?.compactMap { $0.integer.map(Int32.init) }
            for tokenizer in tokenizers {
                #expect(try tokenizer.encode(#require(text["text"]?.string), addSpecialTokens: true).ids == expected)
            }
        }
        let files = ["gpt-2", "llama-spm", "qwen2", "bert-bge"].map {
            SharedData.url("vectors/vocab/ggml-vocab-\($0).gguf")
        }
        for file in files where FileManager.default.fileExists(atPath: file.path) { try checkIDsOfLlamaCpp(file) }
    }

    @Test func unknownPreTokenizerIsNamed() {
        var vocabulary = GGUFVocabulary(model: "gpt2", pre: "no-such", tokens: [[0x61]])
        vocabulary.merges = []
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
        #expect(error?.reason.contains("no-such") == true)
        #expect(error?.place == "tokenizer.ggml.pre")
    }

    @Test func idsOutsideTheVocabularyAreRefused() {
        var vocabulary = GGUFVocabulary(model: "llama", tokens: [[0x61]])
        vocabulary.scores = [0]
        vocabulary.bosID = 1
        #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
    }

    private func vocabulary(at url: URL) throws -> GGUFVocabulary {
        let file = try GGUFFile(url)
        func value(_ key: String) -> GGUFValue? { file.value("tokenizer.ggml.\(key)") }
        func id(_ key: String) -> Int32? { value("\(key)_token_id")?.integer.map(Int32.init) }
        var vocabulary = GGUFVocabulary(
            model: try #require(value("model")?.string), pre: value("pre")?.string,
            tokens: try #require(value("tokens")?.array?.strings))
        vocabulary.scores = value("scores")?.array?.floats
        vocabulary.tokenTypes = value("token_type")?.array?.integers?.map(Int32.init)
        vocabulary.merges = value("merges")?.array?.strings
        vocabulary.bosID = id("bos")
        vocabulary.eosID = id("eos")
        vocabulary.unknownID = id("unknown")
        vocabulary.separatorID = id("seperator")
        vocabulary.paddingID = id("padding")
        vocabulary.classificationID = id("cls")
        vocabulary.addsBOS = value("add_bos_token")?.bool
        vocabulary.addsEOS = value("add_eos_token")?.bool
        vocabulary.addsSpacePrefix = value("add_space_prefix")?.bool
        return vocabulary
    }
}
