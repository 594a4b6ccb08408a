// Models with an encoder and a decoder, as a person meets them.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct EncoderDecoderModels {
        /// The small trained T5 of scripts/goldens/tiny_seq2seq.py.
        private static let place = packageRoot.appendingPathComponent("Tests/TestSupport/TinySeq2Seq")
        private static let settings = ["model.path=\(place.path)", "task=seq2seq"]

        private static func golden() throws -> [JSONValue] {
            let text = try Data(contentsOf: place.appendingPathComponent("golden.json"))
            return try JSONValue(parsing: [UInt8](text))["rows"]?.array ?? []
        }

        /// Losses are of the answers, as transformers gives them of labels.
        @Test func lossesAreThoseOfTransformers() throws {
            try LatheCommand.inFolder { lathe in
                let found = try lathe.score(Self.place.path), golden = try Self.golden()
                #expect(found.count == 8 && golden.count == 8)
                for (found, golden) in zip(found, golden) {
                    let read = golden["read"]?.array?.count ?? 0, labels = golden["labels"]?.array?.count ?? 0
                    #expect(found["tokens"]?.integer == read + 1 + labels && found["target_tokens"]?.integer == labels)
                    #expect(abs((found["loss"]?.double ?? 9) - (golden["loss"]?.double ?? 0)) < 1e-5)
                }
            }
        }

        /// Answers side by side and alone are the greedy ones of transformers.
        @Test func answersAreThoseOfTransformers() throws {
            try LatheCommand.inFolder { lathe in
                let expected = try Self.golden().compactMap { $0["text"]?.string }
                _ = try lathe.json(
                    "predict", "--model", Self.place.path, "--data", "held.jsonl", "--out", "out.jsonl", "--set",
                    "model.precision=fp32", "--set", "evaluate.max_new_tokens=24")
                let found = try lathe.text("out.jsonl").split(separator: "\n").map {
                    try JSONValue(parsing: String($0))["text"]?.string
                }
                #expect(found == expected)
                let alone = try lathe.json(
                    "generate", "--model", Self.place.path, "--prompt", "Lily had a cat. ", "--max-new-tokens", "24",
                    "--set", "model.precision=fp32")
                #expect(alone["text"]?.string == expected[1])
                try lathe("generate", "--model", Self.place.path, "--prompt", "a <pad> b").expectFailure(65, "<pad>")
            }
        }

        /// Trained with masks, stopped and gone on with, judged by its answers, merged, written, read back.
        @Test func aRunLearnsAndIsWritten() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("held.jsonl", LatheCommand.rows(8, "saw"))
                let more = [
                    "adapter.dropout=0.1", "data.leakage=report", "merge.enabled=true",
                    "evaluate.metrics=[exact_match, rouge_l, chrf]", "evaluate.max_new_tokens=32",
                    "export=[{format: peft, path: peft}, {format: safetensors, path: written}]",
                ]
                let report = try Self.run(lathe, more)
                let evaluation = try #require(report["evaluation"])
                let base = evaluation["base"]?["loss"]?.double ?? 0,
                    adapter = evaluation["adapter"]?["loss"]?.double ?? 9
                #expect(evaluation["rows"] == 8 && adapter != base && adapter < 0.5)
                for metric in ["exact_match", "rouge_l", "chrf"] {
                    #expect(evaluation["adapter"]?[metric]?.double != nil, "\(metric)")
                }
                #expect(report["merge"]?["passed"] == true)
                #expect(report["exports"]?.text().contains("8 held-out rows") == true, "not on texts of Lathe's own")
                let configuration = try JSONValue(parsing: lathe.text("peft/adapter_config.json"))
                #expect(configuration["task_type"] == "SEQ_2_SEQ_LM")
                // Base and adapter, merged and exported say the same of rows.
                let losses = try [
                    lathe.score(Self.place.path, adapter: "peft"), lathe.score("written"),
                    lathe.score("checkpoints/tiny/merged"),
                ].map { $0.compactMap { $0["loss"]?.double } }
                #expect(losses[0].count == 8)
                for other in losses[1...] { #expect(maximumDifference(other, losses[0]) < 1e-4) }

                // Which task it is the model says, so a recipe that does not name it is of the same run.
                let again = try Self.run(
                    lathe, ["name=again", "adapter.dropout=0.1", "data.leakage=report"], names: false)
                #expect(again["adapter_sha256"]?.string == report["adapter_sha256"]?.string)
            }
        }

        private static func run(_ lathe: LatheCommand, _ more: [String], names: Bool = true) throws -> JSONValue {
            let outcome = try lathe.start(
                ["run", "recipe.yaml", "--json"] + (settings.prefix(names ? 2 : 1) + more).flatMap { ["--set", $0] }
            ).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
            return try outcome.json
        }

        /// Labels are told apart by the likelihood of their words.
        @Test func labelsAreLikelyAnswers() throws {
            try LatheCommand.inFolder { lathe in
                let texts = [("Tom had a ball.", "cat"), ("Lily had a cat.", "dog")]
                try lathe.write(
                    "rows.jsonl",
                    texts.map { #"{"text": "\#($0.0)", "label": "\#($0.1)"}"# }.joined(separator: "\n") + "\n")
                let report = try lathe.json(
                    "evaluate", "--model", Self.place.path, "--data", "rows.jsonl", "--set", "model.precision=fp32",
                    "--set", "evaluate.metrics=[accuracy]")
                #expect(report["base"]?["accuracy"]?.double == 1)
                // Alone each answer has the same likelihood.
                let loss = report["base"]?["loss"]?.double ?? 0
                let found = try lathe.score(Self.place.path, data: "rows.jsonl")
                let sum = found.reduce(0) { $0 + ($1["loss"]?.double ?? 0) * Double($1["target_tokens"]?.integer ?? 0) }
                let count = found.reduce(0) { $0 + ($1["target_tokens"]?.integer ?? 0) }
                #expect(count > 3 && abs(sum / Double(count) - loss) < 1e-5)
            }
        }

        /// What is too long loses the end of what is read, and is counted; the beginning says what is to be done.
        @Test func aLongPromptLosesItsEnd() throws {
            try LatheCommand.inFolder { lathe in
                func rows(_ end: String) -> String {
                    #"{"prompt": "Tom had a ball.\#(end)", "completion": "a cat"}"# + "\n"
                }
                try lathe.write("short.jsonl", rows(""))
                try lathe.write("long.jsonl", rows(" Ben had the sun. Sue had a tree."))
                let short = try lathe.score(Self.place.path, data: "short.jsonl")
                let tokens = try #require(short[0]["tokens"]?.integer)
                let cut = try lathe.score(
                    Self.place.path, data: "long.jsonl", "--set", "data.max_length=\(tokens)", "--set",
                    "data.too_long=truncate_prompt")
                #expect(cut[0]["loss"]?.double == short[0]["loss"]?.double && cut[0]["tokens"]?.integer == tokens)
                let plan = try lathe.json(
                    "evaluate", "--model", Self.place.path, "--data", "long.jsonl", "--set",
                    "data.max_length=\(tokens)", "--set", "data.too_long=truncate_prompt")
                #expect(plan["truncated_rows"] == 1)
            }
        }

        /// What has no use for a text that is read and another that is written is refused by name.
        @Test func whatTheyAreNotForIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                let model = Self.place.path
                try lathe.write("rows.jsonl", #"{"prompt": "a b", "completion": "c"}"# + "\n")
                let facts = try lathe.json("inspect", model)
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
                    try lathe.start([arguments[0], "--model", model] + arguments.dropFirst()).wait().expectFailure(
                        65, "t5")
                }
                #expect(!lathe.has("out") && !lathe.has("out.imatrix") && !lathe.has("out.gguf"))
                func refused(_ row: String, _ settings: [String] = [], _ words: String) throws {
                    try lathe.write("odd.jsonl", row + "\n")
                    let outcome = try lathe.start(
                        ["score", "--model", model, "--data", "odd.jsonl"] + settings.flatMap { ["--set", $0] }
                    ).wait()
                    #expect(outcome.code != 0 && outcome.errors.contains(words), "\(outcome.errors)")
                }
                let row = #"{"prompt": "a b", "completion": "c"}"#
                try refused(#"{"messages": [{"role": "user", "content": "a"}]}"#, [], "data.format: chat")
                try refused(#"{"text": "a b"}"#, [], "data.format: text")
                try refused(#"{"prompt": "a", "chosen": "b", "rejected": "c"}"#, [], "data.format: preference")
                try refused(#"{"prompt": "a <pad> b", "completion": "c"}"#, [], "begins to write")
                try refused(row, ["data.train_on_prompt=true"], "data.train_on_prompt")
                try refused(row, ["data.prompt_style=chat"], "conversation")
                try refused(row, [#"data.chat_template="{{ messages }}""#], "and no conversation")
                for (settings, words) in [
                    (["task=generate"], "set task: seq2seq"), (["task=classify"], "set task: seq2seq"),
                    (["distill.teacher=\(model)"], "distill"),
                    (["adapter.init_lora_weights=eva"], "init_lora_weights: eva"),
                    (["model.path=\(LatheCommand.huggingFace)"], "seq2seq"),
                ] {
                    let outcome = try lathe.start(
                        ["plan", "recipe.yaml"] + (Self.settings + settings).flatMap { ["--set", $0] }
                    ).wait()
                    #expect(outcome.code != 0 && outcome.errors.contains(words), "\(settings): \(outcome.errors)")
                }
            }
        }
    }
}
