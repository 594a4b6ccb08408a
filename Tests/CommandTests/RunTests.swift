// A whole recipe: what it reports and what it leaves.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Running {
        @Test func reportHasTheFixedFieldsAndFilesAreThere() throws {
            try LatheCommand.inFolder { lathe in
                let report = try lathe.json(
                    "run", "recipe.yaml", "--set", "merge.enabled=true", "--set",
                    "export=[{format: peft, path: out/peft}]")
                #expect(report["run_directory"]?.string?.hasSuffix("checkpoints/tiny") == true)
                #expect(report["steps"] == 6)
                #expect(try #require(report["final_loss"]?.double) > 0)
                #expect(try #require(report["tokens_per_second"]?.double) > 0)
                #expect(try #require(report["peak_memory_bytes"]?.integer) > 1_000_000)
                #expect(report["adapter_sha256"]?.string?.count == 64)
                #expect(report["health"]?.array != nil)

                let evaluation = try #require(report["evaluation"])
                #expect(evaluation["rows"] == 8)
                let targets = try lathe.score(LatheCommand.huggingFace).compactMap { $0["target_tokens"]?.integer }
                    .reduce(0, +)
                #expect(evaluation["target_tokens"]?.integer == targets)
                for side in ["base", "adapter"] {
                    let scores = try #require(evaluation[side])
                    let loss = try #require(scores["loss"]?.double)
                    #expect(abs(try #require(scores["perplexity"]?.double) - exp(loss)) < 1e-9 * exp(loss))
                    let accuracy = try #require(scores["token_accuracy"]?.double)
                    #expect(accuracy > 0 && accuracy <= 1)
                }
                let base = try #require(evaluation["base"]?["loss"]?.double)
                let adapter = try #require(evaluation["adapter"]?["loss"]?.double)
                let difference = try #require(evaluation["difference"])
                #expect(abs(try #require(difference["loss"]?.double) - (adapter - base)) < 1e-9)
                let interval = try #require(difference["ci95"]?.array).compactMap(\.double)
                #expect(interval.count == 2 && interval[0] <= adapter - base && adapter - base <= interval[1])
                #expect(difference["verdict"] == "better")
                #expect(report["merge"]?["passed"] == true)

                let names = try lathe.names(in: "checkpoints/tiny")
                for name in [
                    "adapter", "events.jsonl", "manifest.json", "merged", "recipe.yaml", "report.json",
                    "report.html", "report.md", "run.json",
                    "step-000003.h5",
                    "step-000006.h5",
                ] {
                    #expect(names.contains(name))
                }
                #expect(lathe.has("out/peft/adapter_model.safetensors"))
                #expect(try JSONValue(parsing: lathe.text("checkpoints/tiny/report.json")) == report)
                #expect(try lathe.text("checkpoints/tiny/report.md").contains("verdict: better"))
                #expect((report["stages"]?.array ?? []).allSatisfy { ($0["seconds"]?.double ?? -1) >= 0 })
                let page = try lathe.text("checkpoints/tiny/report.html")
                for text in ["Certificate of the merge", String(format: "%.4f", base), " recipe.yaml"] {
                    #expect(page.contains(text), "\(text)")
                }
                let events = try lathe.text("checkpoints/tiny/events.jsonl").split(separator: "\n")
                    .map { try JSONValue(parsing: String($0)) }
                #expect(events.filter { $0["event"] == "step" }.count == 6)
                // The resolved recipe is a recipe, and says the same.
                let check = try lathe.json("recipe", "check", "checkpoints/tiny/recipe.yaml")
                #expect(check["valid"] == true)
            }
        }

        @Test func planSaysWhatARunWouldDo() throws {
            try LatheCommand.inFolder { lathe in
                let plan = try lathe.json("plan", "recipe.yaml")
                #expect(plan["rows"] == 24)
                #expect(plan["steps"] == 6)
                #expect(plan["truncated_rows"] == 0)
                #expect(plan["dropped_rows"] == 0)
                #expect(plan["target_modules_matched"] == .integer(TinyModel.linearLayers))
                // Three blocks; q and o 64 × 64, k and v 64 → 32, gate and up 64 → 128, down 128 → 64; rank 4.
                #expect(plan["trainable_parameters"]?.integer == 3 * 4 * (2 * 128 + 2 * 96 + 3 * 192))
                let scored = try lathe.score(LatheCommand.huggingFace, data: "train.jsonl")
                #expect(
                    plan["supervised_tokens"]?.integer
                        == scored.compactMap { $0["target_tokens"]?.integer }.reduce(0, +))
                #expect(try #require(plan["predicted_peak_bytes"]?.integer) > 0)
                #expect(try #require(plan["predicted_seconds"]?.double) > 0)
                #expect(!lathe.has("checkpoints"))
            }
        }

        @Test func preparedRowsAreReported() throws {
            try LatheCommand.inFolder { lathe in
                let report = try lathe.json("prepare", "recipe.yaml")
                #expect(report["train"]?["rows"] == 24)
                #expect(report["held_out"]?["rows"] == 8)
                #expect(report["train"]?["format"] == "prompt_completion")
            }
        }
    }
}
