// Models with an encoder and a decoder, as a person meets them.

import Foundation
import TestSupport
import Testing

extension CommandTests {
    @Suite struct EncoderDecoderModels {
        /// A tiny T5 whose words are letters, which ends texts as T5's own tokenizer does.
        private static func model(_ lathe: LatheCommand, _ name: String = "t5") throws {
            let fixture = packageRoot.appendingPathComponent("Tests/ModelsTests/Fixtures/\(name)")
            try FileManager.default.copyItem(at: fixture, to: lathe.folder.appendingPathComponent(name))
            let words = ["<pad>", "</s>", "<unk>"] + (0..<26).map { String(UnicodeScalar(UInt8(97 + $0))) }
            let vocabulary = words.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
            try lathe.write(
                "\(name)/tokenizer.json",
                """
                {"version": "1.0", "added_tokens": [
                 {"id": 0, "content": "<pad>", "special": true, "single_word": false, "lstrip": false, "rstrip": false, \
                "normalized": false},
                 {"id": 1, "content": "</s>", "special": true, "single_word": false, "lstrip": false, "rstrip": false, \
                "normalized": false}],
                 "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
                 "post_processor": {"type": "TemplateProcessing",
                  "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                  "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
                  "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
                 "decoder": null, "model": {"type": "WordLevel", "vocab": {\(vocabulary)}, "unk_token": "<unk>"}}
                """)
        }

        /// What has no use for a text that is read and another that is written is refused by name.
        @Test func whatTheyAreNotForIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                try Self.model(lathe)
                try lathe.write("rows.jsonl", #"{"prompt": "a b", "completion": "c"}"# + "\n")
                let facts = try lathe.json("inspect", "t5")
                #expect(facts["family"] == "t5" && facts["verbs"]?["train"] == "task: seq2seq")
                for verb in ["generate", "evaluate", "score", "merge", "export"] {
                    #expect(facts["verbs"]?[verb] == "yes", "\(verb)")
                }
                for verb in ["distill", "prune", "imatrix"] {
                    #expect(facts["verbs"]?[verb]?.string?.hasPrefix("no: ") == true, "\(verb)")
                }
                for arguments in [
                    ["prune", "--layers", "0,1", "--out", "out"],
                    ["imatrix", "--data", "rows.jsonl", "--out", "out.imatrix"],
                    ["export", "--format", "gguf", "--out", "out.gguf"],
                ] {
                    try lathe.start([arguments[0], "--model", "t5"] + arguments.dropFirst()).wait().expectFailure(
                        65, "t5")
                }
                #expect(!lathe.has("out") && !lathe.has("out.imatrix") && !lathe.has("out.gguf"))
            }
        }
    }
}
