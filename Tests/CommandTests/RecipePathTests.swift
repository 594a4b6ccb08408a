// Relative paths of a recipe: beside it, else in the working directory; and names that are no paths.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct RecipePaths {
        private func inFolders(_ body: (LatheCommand) throws -> Void) throws {
            try LatheCommand.inFolder { lathe in
                try FileManager.default.createDirectory(at: lathe.url("desk"), withIntermediateDirectories: true)
                try lathe.write("desk/recipe.yaml", LatheCommand.recipe)
                try body(lathe)
            }
        }

        @Test func filesBesideTheRecipeComeFirst() throws {
            try inFolders { lathe in
                let here = try lathe.json("prepare", "desk/recipe.yaml")
                #expect(here["train"]?["rows"] == 24)
                try lathe.write("desk/train.jsonl", LatheCommand.rows(10, "saw"))
                #expect(try lathe.json("prepare", "desk/recipe.yaml")["train"]?["rows"] == 10)
                #expect(try lathe.json("prepare", "desk/../desk/./recipe.yaml")["train"]?["rows"] == 10)
                // What is typed at the shell stands in the working directory.
                let typed = try lathe.json("prepare", "desk/recipe.yaml", "--set", "data.train=train.jsonl")
                #expect(typed["train"]?["rows"] == 24)
                // The resolved recipe holds what was found, and finds it again.
                let run = try lathe.json("train", "desk/recipe.yaml")
                #expect(try lathe.text("checkpoints/tiny/recipe.yaml").contains("train: [desk/train.jsonl]"))
                #expect(try lathe.text("checkpoints/tiny/recipe.yaml").contains("held_out: [held.jsonl]"))
                #expect(try lathe.json("train", "checkpoints/tiny/recipe.yaml") == run)
                // The same rows elsewhere are the same run.
                try FileManager.default.moveItem(at: lathe.url("desk/train.jsonl"), to: lathe.url("moved.jsonl"))
                let moved = try lathe.json("train", "desk/recipe.yaml", "--set", "data.train=moved.jsonl")
                #expect(moved["adapter_sha256"] == run["adapter_sha256"])
            }
        }

        @Test func patternsAndTemplatesAreLookedForTheSameWay() throws {
            try inFolders { lathe in
                try lathe.write("desk/part-1.jsonl", LatheCommand.rows(10, "saw"))
                try lathe.write("desk/part-2.jsonl", LatheCommand.rows(4, "met"))
                try lathe.write("desk/own.jinja", "{% for m in messages %}{{ m.content }}{% endfor %}")
                try lathe.write(
                    "desk/recipe.yaml",
                    LatheCommand.recipe.replacing(
                        "train: train.jsonl", with: "train: part-*.jsonl\n  chat_template: own.jinja"))
                #expect(try lathe.json("prepare", "desk/recipe.yaml")["train"]?["rows"] == 14)
            }
        }

        @Test func anErrorNamesBothPlaces() throws {
            try inFolders { lathe in
                try FileManager.default.removeItem(at: lathe.url("train.jsonl"))
                for verb in ["train", "plan", "prepare"] {
                    try lathe(verb, "desk/recipe.yaml").expectFailure(
                        66, "data.train", "desk/train.jsonl, beside the recipe", "train.jsonl, in the working directory"
                    )
                }
                #expect(!lathe.has("checkpoints"))
                try lathe("train", "recipe.yaml").expectFailure(66, "train.jsonl does not exist")
            }
        }

        @Test func aHubsNameSaysWhatToDo() throws {
            try inFolders { lathe in
                let name = "HuggingFaceTB/SmolLM2-135M-Instruct"
                let recipe = LatheCommand.recipe.replacing("path: \(LatheCommand.huggingFace)", with: "path: \(name)")
                try lathe.write("recipe.yaml", recipe)
                try lathe.write("desk/recipe.yaml", recipe)
                let hint = "lathe fetch \(name)"
                for file in ["recipe.yaml", "desk/recipe.yaml"] {
                    try lathe("train", file).expectFailure(66, name, hint)
                }
                try lathe("score", "--model", name, "--data", "held.jsonl").expectFailure(66, hint)
                let file = try lathe("score", "--model", "base/model.gguf", "--data", "held.jsonl")
                #expect(file.code == 66 && !file.errors.contains("hub"))
            }
        }

        @Test func aWarmUpAsLongAsTheRunIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                let long = ["--set", "train.warmup_steps=100"]
                for verb in [["recipe", "check"], ["plan"], ["train"]] {
                    let outcome = try lathe.start(verb + ["recipe.yaml"] + long).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    let said = outcome.output + outcome.errors
                    #expect(said.contains("train.warmup_steps: 100, and the run has 6 steps"), "\(verb): \(said)")
                }
                for verb in [["recipe", "check"], ["plan"], ["train", "--fresh"]] {
                    try lathe.start(verb + ["recipe.yaml", "--set", "train.max_steps=1"] + long).wait()
                        .expectFailure(65, "train.warmup_steps", "nothing would be learnt")
                }
                // One step by default learns.
                let one = try lathe.json(
                    "train", "recipe.yaml", "--fresh", "--set", "train.max_steps=null", "--set", "train.batch_size=100")
                #expect(one["steps"] == 1)
                #expect(try #require(one["evaluation"]?["difference"]?["loss"]?.double) != 0)
            }
        }
    }
}
