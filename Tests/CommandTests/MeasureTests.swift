// What a run measures: memory stage by stage, a word for each metric, and what is looked at before anything is trained.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Measures {
        private static let metrics = "evaluate.metrics=[exact_match, rouge_l, bleu]"

        @Test func planPredictsEachStageAndARunMeasuresIt() throws {
            try LatheCommand.inFolder { lathe in
                let sets = ["--set", "merge.enabled=true", "--set", "export=[{format: safetensors}]"]
                let plan = try lathe.start(["plan", "recipe.yaml", "--json"] + sets).wait().json
                let stages = try #require(plan["stages"]?.array)
                #expect(stages.map { $0["name"]?.string } == ["train", "evaluate", "merge", "proof", "export"])
                let peaks = stages.compactMap { $0["predicted_peak_bytes"]?.integer }
                #expect(peaks.max() == plan["predicted_peak_bytes"]?.integer && peaks.min().map { $0 > 0 } == true)
                #expect(stages.allSatisfy { $0["mapped_bytes"]?.integer.map { $0 >= 0 } == true })
                let run = try lathe.start(["run", "recipe.yaml", "--json"] + sets).wait().json
                let measured = try #require(run["stages"]?.array)
                #expect(
                    measured.map { $0["name"]?.string } == ["prepare", "train", "evaluate", "merge", "proof", "export"])
                let all = measured.compactMap { $0["peak_memory_bytes"]?.integer }
                #expect(all.max().map { $0 <= run["peak_memory_bytes"]?.integer ?? 0 } == true)
            }
        }

        @Test func aLimitThatAStageCannotKeepIsSaidBeforeTheStart() throws {
            try LatheCommand.inFolder { lathe in
                let outcome = try lathe("run", "recipe.yaml", "--set", "train.memory_limit=30MB")
                outcome.expectFailure(65, "train.memory_limit")
                #expect(!lathe.has("checkpoints/tiny/step-000003.h5"))
            }
        }

        /// One row has no interval, and nothing says that it has a verdict.
        @Test func oneHeldOutRowHasNoVerdict() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("one.jsonl", LatheCommand.rows(1, "had"))
                let run = try lathe("run", "recipe.yaml", "--set", "data.held_out=one.jsonl")
                #expect(run.code == 0, "\(run.errors)")
                #expect(run.output.contains("verdict: none (no interval)"), "\(run.output)")
                for word in ["better", "worse", "no difference"] { #expect(!run.output.contains("verdict: \(word)")) }
                let report = try JSONValue(parsing: lathe.text("checkpoints/tiny/report.json"))
                let difference = try #require(report["evaluation"]?["difference"])
                #expect(difference["verdict"] == .null && difference["ci95"] == .null)
                #expect(try lathe.json("inspect", "checkpoints/tiny")["verdicts"]?["loss"] == "none")
            }
        }

        @Test func eachMetricHasItsIntervalAndItsWord() throws {
            try LatheCommand.inFolder { lathe in
                let run = try lathe.json(
                    "run", "recipe.yaml", "--set", Self.metrics, "--set", "evaluate.max_new_tokens=8")
                let evaluation = try #require(run["evaluation"])
                for name in ["exact_match", "rouge_l", "bleu"] {
                    let metric = try #require(evaluation["metrics"]?[name])
                    #expect(metric["rows"] == 8 && metric["base"]?.double != nil && metric["adapter"]?.double != nil)
                    #expect(metric["ci95"]?.array?.count == 2)
                    let difference = try #require(metric["difference"]?.double)
                    #expect(
                        abs(difference - ((metric["adapter"]?.double ?? 0) - (metric["base"]?.double ?? 0))) < 1e-12)
                    #expect(["better", "worse", "no difference"].contains(metric["verdict"]?.string ?? ""))
                    #expect(evaluation["base"]?[name] == metric["base"])
                }
                #expect(evaluation["difference"]?["rows"] == 8)
                // The folder says what the run came to, and each metric's word.
                let found = try lathe.json("inspect", "checkpoints/tiny")
                #expect(found["kind"] == "run" && found["state"] == "finished" && found["steps"] == 6)
                #expect(found["verdicts"]?["rouge_l"] == evaluation["metrics"]?["rouge_l"]?["verdict"])
                #expect(found["holds"]?.array?.contains { $0.string?.hasPrefix("adapter") == true } == true)
            }
        }

        @Test func trainLeavesAnswersToRun() throws {
            try LatheCommand.inFolder { lathe in
                let outcome = try lathe("train", "recipe.yaml", "--json", "--set", Self.metrics)
                let report = try outcome.json
                #expect(report["evaluation"]?["difference"]?["loss"]?.double != nil)
                #expect(report["evaluation"]?["metrics"] == nil)
                #expect(outcome.errors.contains("rouge_l"))
            }
        }

        @Test func whatCannotBeMeasuredIsSaidBeforeTraining() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write(
                    "texts.jsonl", #"{"text": "Tom had a dog."}"# + "\n" + #"{"text": "Sue had a cat."}"# + "\n")
                let texts = try lathe(
                    "run", "recipe.yaml", "--set", Self.metrics, "--set", "data.train=texts.jsonl", "--set",
                    "data.held_out=texts.jsonl", "--set", "data.format=text")
                texts.expectFailure(65, "evaluate.metrics", "prompt and an answer")
                let none = try lathe("run", "recipe.yaml", "--set", Self.metrics, "--set", "data.held_out=[]")
                none.expectFailure(65, "evaluate.metrics", "data.held_out")
                let labels = try lathe("run", "recipe.yaml", "--set", "evaluate.metrics=[accuracy]")
                labels.expectFailure(65, "evaluate.metrics: accuracy", "label")
                #expect(!lathe.has("checkpoints/tiny/adapter"))
            }
        }

        @Test func aLabelLongerThanARowMayBeEndsNoRun() throws {
            try LatheCommand.inFolder { lathe in
                let rows = (0..<6).map { row in
                    #"{"text": "Tom saw a dog and a cat number \#(row).", "label": "\#(row % 2 == 0 ? "big" : "sad")"}"#
                        + "\n"
                }.joined()
                try lathe.write("train.jsonl", rows)
                try lathe.write("held.jsonl", rows)
                let long = String(repeating: "a very happy big red dog ", count: 6)
                let report = try lathe.json(
                    "run", "recipe.yaml", "--set", "data.format=classification", "--set",
                    "data.labels=[big, sad, '\(long)']", "--set", "data.max_length=40")
                let accuracy = try #require(report["evaluation"]?["metrics"]?["accuracy"])
                #expect(accuracy["rows"] == 6 && accuracy["verdict"]?.string != nil)
                #expect(accuracy["prompts_name_labels"] == false)
                #expect(
                    report["evaluation"]?["warnings"]?.array?.contains {
                        $0.string?.contains("was not told the labels") == true
                    } == true)
            }
        }

        @Test func aPlaceThatSaysAnotherFormIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                let merge = try lathe(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", "none", "--out", "x.gguf")
                merge.expectFailure(64, "x.gguf", "a folder in Hugging Face's form", "lathe export --format gguf")
                let recipe = try lathe(
                    "run", "recipe.yaml", "--set", "merge.enabled=true", "--set", "merge.path=x.h5")
                recipe.expectFailure(65, "merge.path", "x.h5")
                #expect(!lathe.has("x.gguf") && !lathe.has("x.h5"))
            }
        }

        @Test func manyProblemsOfOneKindAreOneLine() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write(
                    "held.jsonl", LatheCommand.rows(60, "had").replacingOccurrences(of: "completion", with: "answr"))
                let outcome = try lathe("run", "recipe.yaml", "--set", "data.format=prompt_completion")
                #expect(outcome.code == 65)
                #expect(outcome.errors.split(separator: "\n").filter { $0.contains("held.jsonl") }.count == 1)
                #expect(outcome.errors.contains("60 rows"))
            }
        }
    }
}
