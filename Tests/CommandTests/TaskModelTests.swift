// Models with the head of a task: what `lathe merge` and `lathe export` write of an adapter with one answers as base and adapter do.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct ModelsWithHeads {
        private static let settings = [
            "data.train=rows.jsonl", "data.held_out=rows.jsonl", "data.format=classification", "model.precision=fp32",
        ].flatMap { ["--set", $0] }

        private static func write(_ lathe: LatheCommand) throws {
            let rows = (0..<12).map { number in
                JSONObject([
                    ("text", .string("\(["Tom", "Lily", "Ben"][number % 3]) saw \(number) cats.")),
                    ("label", .string(["big", "sad", "red"][number % 3])),
                ])
            }
            try lathe.write("rows.jsonl", rows.map { JSONValue.object($0).text() + "\n" }.joined())
        }

        /// What `predict` says of the rows, with the model and an adapter where there is one.
        private static func said(_ lathe: LatheCommand, _ model: [String]) throws -> [JSONValue] {
            let outcome = try lathe.start(
                ["predict", "--data", "rows.jsonl", "--out", "said.jsonl", "--set", "model.precision=fp32"] + model
            ).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
            return try lathe.text("said.jsonl").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        }

        @Test func mergesAndExportsAnswerAsBaseAndAdapterDo() throws {
            try LatheCommand.inFolder { lathe in
                try Self.write(lathe)
                let made = try lathe.start(
                    [
                        "run", "recipe.yaml", "--quiet", "--set", "task=classify", "--set", "merge.enabled=true",
                        "--set",
                        "merge.path=merged", "--set", "export=[{format: safetensors, path: written}]",
                    ] + Self.settings
                ).wait()
                try #require(made.code == 0, "\(made.errors)")
                let expected = try Self.said(
                    lathe, ["--model", LatheCommand.huggingFace, "--adapter", "checkpoints/tiny/adapter"])
                for folder in ["merged", "written"] {
                    let words = try JSONValue(parsing: lathe.text(folder + "/config.json"))
                    #expect(words["architectures"] == ["LlamaForSequenceClassification"])
                    #expect(words["problem_type"] == "single_label_classification")
                    #expect(words["id2label"] == ["0": "big", "1": "red", "2": "sad"])
                    #expect(words["pad_token_id"]?.integer != nil)
                    for (one, other) in zip(try Self.said(lathe, ["--model", folder]), expected) {
                        #expect(one["label"] == other["label"])
                        for label in ["big", "red", "sad"] {
                            let found = one["probabilities"]?[label]?.double ?? .nan
                            #expect(abs(found - (other["probabilities"]?[label]?.double ?? .nan)) < 1e-5)
                        }
                    }
                }
                let report = try lathe.json(
                    "evaluate", "--model", "merged", "--data", "rows.jsonl", "--set", "data.format=classification")
                #expect(report["base"]?["accuracy"]?.double != nil && report["adapter"] == nil)
                // It writes no text, and is trained further from where its head stands.
                try lathe("generate", "--model", "merged", "--prompt", "Tom").expectFailure(65, "head of task classify")
                let further = try lathe.start(
                    [
                        "train", "recipe.yaml", "--set", "name=further", "--set", "task=classify", "--set",
                        "model.path=merged", "--set", "train.max_steps=1",
                    ] + Self.settings
                ).wait()
                #expect(further.code == 0 && further.errors.contains("begins with the numbers of the model's own"))
            }
        }

        /// Heads have a place in folders alone.
        @Test func otherFormatsRefuseHeads() throws {
            try LatheCommand.inFolder { lathe in
                try Self.write(lathe)
                let outcome = try lathe.start(
                    ["run", "recipe.yaml", "--set", "task=classify", "--set", "export=[{format: gguf, type: q8_0}]"]
                        + Self.settings
                ).wait()
                outcome.expectFailure(65, "head of task classify", "safetensors")
                #expect(!lathe.has("checkpoints/tiny/adapter"))
            }
        }
    }
}
