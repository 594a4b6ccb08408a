// Real chat templates on real tokenizers: a sequence begins once, whoever writes the beginning.

import ChatTemplates
import Datasets
import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@Suite struct OneBegin {
    /// A tokenizer, the text of its beginning of sequence, and whether it puts one before a text.
    struct Vocabulary: CustomTestStringConvertible {
        let name: String
        let begin: String?
        let end: String
        let addsBegin: Bool

        var testDescription: String { name }

        func tokenizer() throws -> Tokenizer {
            let url =
                name == "tiny"
                ? TinyModel.base.appendingPathComponent("tokenizer.json")
                : URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                    .appendingPathComponent("TokenizersTests/Fixtures/\(name).tokenizer.json")
            var config = JSONObject([("eos_token", .string(end))])
            if let begin { config["bos_token"] = .string(begin) }
            return try Tokenizer(
                huggingFace: JSONValue(parsing: [UInt8](Data(contentsOf: url))), config: .object(config))
        }
    }

    static let vocabularies = [
        Vocabulary(name: "tiny", begin: "<s>", end: "</s>", addsBegin: true),
        Vocabulary(name: "llama3", begin: "<|bos|>", end: "<|eot|>", addsBegin: true),
        Vocabulary(name: "qwen2", begin: nil, end: "<|im_end|>", addsBegin: false),
    ]

    private let row = DataRow(
        content: .conversation(
            messages: [
                ["role": "user", "content": "Who are you?"], ["role": "assistant", "content": "Tom."],
                ["role": "user", "content": "And she?"], ["role": "assistant", "content": "Lily, my friend."],
            ], trained: [1, 3], extra: JSONObject()),
        place: RowPlace(file: "rows.jsonl", line: 1), index: 0)

    /// Our own templates, and those of the public vectors where they are there.
    private static func templates() throws -> [(name: String, source: String)] {
        let files = [
            packageRoot.appendingPathComponent("Tests/ChatTemplatesTests/Fixtures/templates.json"),
            SharedData.url("vectors/jinja/hfjs-e2e.json"),
        ]
        var seen = Set<String>()
        return try files.filter { FileManager.default.fileExists(atPath: $0.path) }.flatMap { file in
            try JSONValue(parsing: [UInt8](Data(contentsOf: file))).object?.members.compactMap { name, item in
                item["chat_template"]?.string.map { (name, $0) }
            } ?? []
        }.filter { seen.insert($0.source).inserted }
    }

    @Test(arguments: vocabularies) func everySequenceBeginsOnce(vocabulary: Vocabulary) throws {
        let tokenizer = try vocabulary.tokenizer()
        let begin = vocabulary.begin.flatMap { tokenizer.id(ofToken: $0) }
        #expect((begin != nil) == (vocabulary.begin != nil) && tokenizer.addsBOS == vocabulary.addsBegin)
        let templates = try Self.templates()
        var checked = 0
        var writers = 0
        for (name, source) in templates {
            let template = try ChatTemplate(source: source)
            let renderer = TemplateRenderer(template, tokenizer: tokenizer)
            let builder = ExampleBuilder(
                encoder: TokenizerEncoder(tokenizer), renderer: renderer, settings: .test(maxLength: 1 << 16))
            var report = DatasetReport()
            // Some templates refuse such a conversation, or render an answer otherwise than behind their own prompt.
            guard let examples = try? builder.examples(of: row, counting: &report),
                let prompt = try? builder.prompt(of: row)
            else { continue }
            checked += 1
            for ids in examples.map(\.ids) + [prompt.ids] {
                guard let begin else { continue }
                #expect(ids.first == begin, "\(name)")
                #expect(!zip(ids, ids.dropFirst()).contains { $0 == begin && $1 == begin }, "\(name)")
            }
            guard let text = vocabulary.begin, case .conversation(let messages, _, _) = row.content else { continue }
            let rendered = try renderer.renderConversation(messages, addGenerationPrompt: false, extra: JSONObject())
            let written = rendered.components(separatedBy: text).count - 1
            if written > 0 { writers += 1 }
            let whole = try #require(examples.last).ids
            #expect(whole.count { $0 == begin } == written + (rendered.hasPrefix(text) ? 0 : 1), "\(name)")
        }
        #expect(checked >= 8 && checked > templates.count / 3)
        // Both kinds of templates were there.
        if begin != nil { #expect(writers > 2 && writers < checked) }
    }

    /// As in transformers 5: with a tokenizer.json, its post-processor alone decides.
    @Test func addBosAndAddEosOfTheConfigurationChangeNothing() throws {
        let file = TinyModel.base.appendingPathComponent("tokenizer.json")
        let json = try JSONValue(parsing: [UInt8](Data(contentsOf: file)))
        for adds in [true, false] {
            let tokenizer = try Tokenizer(
                huggingFace: json,
                config: [
                    "bos_token": "<s>", "eos_token": "</s>", "add_bos_token": .bool(adds), "add_eos_token": .bool(adds),
                ])
            let ids = tokenizer.encode("Tom", addSpecialTokens: true).ids
            #expect(ids.count > 1 && ids.count { $0 == 1 || $0 == 2 } == 1 && ids.first == 1)
        }
    }
}
