// Models with an encoder and a decoder, as a person meets them.

import Foundation
import TestSupport
import Testing

extension CommandTests {
    @Suite struct EncoderDecoderModels {
        /// No row says where such a model stops reading: nothing is computed with it as if it were another.
        @Test func theyAreLookedAtAndNoMore() throws {
            try LatheCommand.inFolder { lathe in
                let fixture = packageRoot.appendingPathComponent("Tests/ModelsTests/Fixtures/t5")
                let model = lathe.folder.appendingPathComponent("t5")
                try FileManager.default.copyItem(at: fixture, to: model)
                try lathe.write(
                    "t5/tokenizer.json",
                    """
                    {"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
                     "post_processor": null, "decoder": null, "model": {"type": "WordLevel",
                     "vocab": {"<pad>": 0, "</s>": 1, "<unk>": 2, "Tom": 3, "saw": 4}, "unk_token": "<unk>"}}
                    """)
                try lathe.write("rows.jsonl", #"{"prompt": "Tom", "completion": " saw"}"# + "\n")
                let facts = try lathe.json("inspect", "t5")
                #expect(facts["family"] == "t5")
                let verbs = try #require(facts["verbs"]?.object?.members)
                #expect(verbs.count > 8 && verbs.allSatisfy { $0.value.string?.hasPrefix("no: ") == true })
                for arguments in [
                    ["generate", "--prompt", "Tom"], ["evaluate", "--data", "rows.jsonl"],
                    ["score", "--data", "rows.jsonl"],
                    ["predict", "--data", "rows.jsonl", "--out", "out.jsonl"],
                    ["export", "--format", "safetensors", "--out", "out"],
                    ["prune", "--layers", "0,1", "--out", "out"],
                ] {
                    let verb = arguments[0]
                    try lathe.start([verb, "--model", "t5"] + arguments.dropFirst()).wait().expectFailure(
                        65, "t5", "encoder")
                    #expect(!lathe.has("out") && !lathe.has("out.jsonl"), "\(verb)")
                }
            }
        }
    }
}
