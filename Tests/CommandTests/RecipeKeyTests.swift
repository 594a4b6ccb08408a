// Keys that must act, and keys that must be refused because nothing would act on them.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct RecipeKeys {
        private func steps(_ lathe: LatheCommand) throws -> [Int] {
            try lathe.text("checkpoints/tiny/events.jsonl").split(separator: "\n")
                .map { try JSONValue(parsing: String($0)) }.filter { $0["event"] == "step" }
                .compactMap { $0["step"]?.integer }
        }

        /// What is wrong with an adapter's keys is said with the key.
        @Test(arguments: [
            ("adapter.target_modules=[q_proj, nope]", "adapter.target_modules: nope"),
            ("adapter.target_modules=[\"(\"]", "adapter.target_modules: ("),
            ("adapter.rank_pattern={nope: 4}", "adapter.rank_pattern.nope"),
            ("adapter.layers=[0, 2, 7]", "adapter.layers: no target module stands in block 7"),
            ("adapter.rank_pattern={\"(\": 4}", "adapter.rank_pattern.("), ("adapter.alpha=1e300", "adapter.alpha"),
            (
                "train.parameter_groups=[{pattern: lora_B, weight_decay: 0}, {pattern: lora_B.weight, weight_decay: 1}]",
                "train.parameter_groups[1].pattern: all that lora_B.weight means"
            ),
        ])
        func faultsOfTheAdapterNameTheirKey(_ setting: String, _ words: String) throws {
            try LatheCommand.inFolder { lathe in
                try lathe("plan", "recipe.yaml", "--set", setting).expectFailure(65, words)
            }
        }

        @Test func logEveryThinsOutTheLines() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.train("train.log_every=4")
                #expect(try steps(lathe) == [4, 6])
            }
        }

        /// A step size this large makes later evaluations worse than the first.
        @Test func withoutSaveBestTheLastNumbersAreHandedOn() throws {
            try LatheCommand.inFolder { lathe in
                let keys = ["train.learning_rate=1", "train.eval_every=1", "train.save_every=1", "train.keep_last=1"]
                func digest(_ saveBest: Bool) throws -> (String?, [String]) {
                    let report = try lathe.json(
                        "train", "recipe.yaml", "--fresh", "--quiet", "--set", keys[0], "--set", keys[1], "--set",
                        keys[2],
                        "--set", keys[3], "--set", "train.save_best=\(saveBest)")
                    let files = try lathe.names(in: "checkpoints/tiny").filter { $0.hasSuffix(".h5") }
                    return (report["adapter_sha256"]?.string, files)
                }
                let (best, filesWithBest) = try digest(true)
                let (last, files) = try digest(false)
                #expect(filesWithBest.count == 2 && filesWithBest.last == "step-000006.h5")
                #expect(files == ["step-000006.h5"])
                #expect(best != last)
                // The checkpoint hands on what the run did.
                let rows = try lathe.score(LatheCommand.huggingFace, adapter: "checkpoints/tiny/adapter")
                #expect(try lathe.score(LatheCommand.huggingFace, adapter: "checkpoints/tiny/step-000006.h5") == rows)
            }
        }

        @Test func shuffleCanBeTurnedOff() throws {
            try LatheCommand.inFolder { lathe in
                func tokens(_ shuffle: Bool) throws -> [Int] {
                    _ = try lathe("train", "recipe.yaml", "--fresh", "--quiet", "--set", "data.shuffle=\(shuffle)")
                    return try lathe.text("checkpoints/tiny/events.jsonl").split(separator: "\n")
                        .map { try JSONValue(parsing: String($0)) }.filter { $0["event"] == "step" }
                        .compactMap { $0["tokens"]?.integer }
                }
                let scored = try lathe.score(LatheCommand.huggingFace, data: "train.jsonl")
                    .compactMap { $0["tokens"]?.integer }
                let inOrder = stride(from: 0, to: 24, by: 4).map { scored[$0..<($0 + 4)].reduce(0, +) }
                #expect(try tokens(false) == inOrder)
                #expect(try tokens(true) != inOrder)
            }
        }

        @Test func keysOfRunsAreRefusedWithoutARecipe() throws {
            try LatheCommand.inFolder { lathe in
                for key in ["train.learning_rate=1", "adapter.r=2", "data.train=x", "export=[]"] {
                    try lathe("score", "--model", LatheCommand.gguf, "--data", "held.jsonl", "--set", key)
                        .expectFailure(64, key.split(separator: "=").first.map(String.init) ?? "", "does not read")
                }
                let threads = try lathe(
                    "score", "--model", LatheCommand.gguf, "--data", "held.jsonl", "--set", "train.threads=1")
                #expect(threads.code == 0)
            }
        }

        @Test func exportHasATypeOfItsOwn() throws {
            try LatheCommand.inFolder { lathe in
                let export = ["export", "--model", LatheCommand.huggingFace, "--format", "safetensors"]
                try lathe.start(export + ["--out", "a", "--set", "merge.dtype=fp16"]).wait().expectFailure(
                    64, "--type fp16")
                #expect(try lathe.start(export + ["--out", "whole"]).wait().code == 0)
                #expect(try lathe.start(export + ["--out", "half", "--type", "fp16"]).wait().code == 0)
                func bytes(_ folder: String) throws -> Int {
                    try Data(contentsOf: lathe.url(folder + "/model.safetensors")).count
                }
                #expect(try bytes("half") < bytes("whole") * 6 / 10)
                try lathe.start(export + ["--out", "b", "--type", "q9"]).wait().expectFailure(64, "unknown type 'q9'")
                // What a form cannot hold is said before any work, wherever it was written.
                try lathe.start(export + ["--out", "b", "--type", "q4_k_m"]).wait().expectFailure(
                    64, "--type: safetensors holds float numbers, not Q4_K_M")
                try lathe.start(["run", "recipe.yaml", "--set", "export=[{format: hdf5, type: Q8_0, path: b}]"]).wait()
                    .expectFailure(65, "export[0].type: hdf5 holds float numbers, not Q8_0")
                #expect(!lathe.has("a") && !lathe.has("b"))
                // Other tools' name for it is understood.
                let run = try lathe.json(
                    "run", "recipe.yaml", "--set", "export=[{format: safetensors, dtype: fp16, path: out}]")
                #expect(run["exports"]?.array?.count == 1)
                #expect(try Data(contentsOf: lathe.url("out/model.safetensors")).count == (try bytes("half")))
            }
        }

        @Test func whatWouldHaveNoEffectIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                for (key, name) in [
                    ("distill.k=2", "distill.k"), ("distill.temperature=2", "distill.temperature"),
                    ("export=[{format: peft, type: Q8_0}]", "export[0].type"),
                ] {
                    for verb in [["train"], ["run"], ["plan"], ["recipe", "check"]]
                    where verb != ["train"] || !key.hasPrefix("export") {
                        try lathe.start(verb + ["recipe.yaml", "--set", key]).wait().expectFailure(65, name)
                    }
                }
                #expect(!lathe.has("checkpoints"))
            }
        }
    }
}
