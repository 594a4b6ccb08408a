// Bad input: an exit code that scripts can read and a sentence that names the place.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Failing {
        @Test func usage() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("plan", "recipe.yaml", "--bogus").expectFailure(64, "--bogus")
                try lathe("train").expectFailure(64, "recipe")
                try lathe("frobnicate").expectFailure(64, "frobnicate")
                try lathe("generate", "--model", LatheCommand.gguf, "--prompt", "x", "--top-k", "0").expectFailure(
                    64, "--top-k")
            }
        }

        /// Whoever starts the command may have closed streams: nothing of ours takes their numbers.
        @Test func closedStreams() throws {
            try LatheCommand.inFolder { lathe in
                let command = try #require(LatheCommand.executable).path
                func code(_ closed: String) throws -> Int32 {
                    let shell = Process()
                    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
                    shell.arguments = ["-c", "exec '\(command)' recipe check recipe.yaml \(closed)"]
                    shell.currentDirectoryURL = lathe.folder
                    shell.standardOutput = FileHandle.nullDevice
                    shell.standardError = FileHandle.nullDevice
                    try shell.run()
                    shell.waitUntilExit()
                    return shell.terminationStatus
                }
                // A result that cannot arrive is an error; the rest is not missed.
                for closed in ["", "<&-", "2>&-", "<&- 2>&-"] { #expect(try code(closed) == 0, "\(closed)") }
                for closed in [">&-", ">&- 2>&-", "<&- >&-", "<&- >&- 2>&-"] {
                    #expect(try code(closed) == 74, "\(closed)")
                }
            }
        }

        /// What stands in a file's name is no line of the message.
        @Test func lineBreaksInNamesAreShown() throws {
            try LatheCommand.inFolder { lathe in
                let failed = try lathe("inspect", "no\nhint: such file")
                failed.expectFailure(66, "no␊hint: such file")
                try lathe("merge", "--model", LatheCommand.gguf, "--adapter", "a\nb", "--out", "m").expectFailure(
                    66, "a␊b")
            }
        }

        /// The same wherever a message names a place.
        @Test func lineBreaksInNamesAreShownEverywhere() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("x\ny.bin", "no rows")
                try Data([0xFF, 0xFE, 0x00]).write(to: lathe.url("r\ns.yaml"))
                try lathe.copy(LatheCommand.huggingFace, to: "m\nn")
                try lathe.copy(LatheCommand.huggingFace, to: "bare\nn")
                try FileManager.default.removeItem(at: lathe.url("bare\nn/tokenizer.json"))
                let ask = ["--prompt", "Tom"], model = ["--model", LatheCommand.huggingFace]
                let chat = ask + ["--set", "data.prompt_style=chat"]
                let calls: [(arguments: [String], code: Int32, shown: String)] = [
                    (["inspect", "x\ny.bin"], 65, "x␊y.bin is nothing"),
                    (["generate"] + model + ask + ["--adapter", "x\ny.bin"], 65, "adapter x␊y.bin is none"),
                    (["generate", "--model", "bare\nn"] + ask, 66, "bare␊n/tokenizer.json does not"),
                    (["generate", "--model", "m\nn"] + chat, 65, "m␊n has no chat"),
                    (["generate"] + model + ask + ["--adapter", "m\nn"], 65, "--model m␊n"),
                    (["recipe", "check", "r\ns.yaml"], 65, "r␊s.yaml is not"),
                    (["export"] + model + ["--format", "safetensors", "--out", "o\np.h5"], 64, "o␊p.h5: what is"),
                ]
                for (arguments, code, shown) in calls {
                    let outcome = try lathe.start(arguments).wait()
                    #expect(outcome.code == code && outcome.errors.contains(shown), "\(arguments): \(outcome.errors)")
                }
            }
        }

        @Test func recipesWithFaults() throws {
            try LatheCommand.inFolder { lathe in
                let lines = LatheCommand.recipe.split(separator: "\n", omittingEmptySubsequences: false).map(
                    String.init)
                let typo = try #require(lines.firstIndex { $0.contains("learning_rate") })
                try lathe.write(
                    "typo.yaml",
                    LatheCommand.recipe.replacing("learning_rate", with: "learning_rte").replacing(
                        "  r: 4", with: "  r: four"))
                for verb in ["train", "plan", "run", "prepare"] {
                    try lathe(verb, "typo.yaml")
                        .expectFailure(
                            65, "typo.yaml:\(typo + 1):3", "train.learning_rte", "train.learning_rate", "adapter.r")
                }
                try lathe.write("broken.yaml", "name: [tiny\n")
                try lathe("recipe", "check", "broken.yaml").expectFailure(65, "broken.yaml:")
                try lathe("train", "recipe.yaml", "--set", "train.max_step=5").expectFailure(
                    65, "train.max_step", "train.max_steps")
                #expect(!lathe.has("checkpoints"))
            }
        }

        @Test func rowsWithFaults() throws {
            try LatheCommand.inFolder { lathe in
                let good = #"{"prompt": "a", "completion": "b"}"# + "\n"
                for (text, place) in [
                    (good + #"{"prompt": "a", "completion":"#, "bad.jsonl:2"),
                    (good + good + #"{"prompt": 3}"# + "\n", "bad.jsonl:3"),
                    ("", "bad.jsonl"), ("\n\n", "bad.jsonl"), (good + "[1]\n", "bad.jsonl:2"),
                ] {
                    try lathe.write("bad.jsonl", text)
                    try lathe("score", "--model", LatheCommand.gguf, "--data", "bad.jsonl").expectFailure(65, place)
                    try lathe("train", "recipe.yaml", "--set", "data.train=bad.jsonl").expectFailure(65, place)
                }
                try lathe("score", "--model", LatheCommand.gguf, "--data", "held.jsonl", "--set", "data.max_length=4")
                    .expectFailure(65, "held.jsonl:1")
            }
        }

        @Test func whatIsMissing() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("score", "--model", "nowhere", "--data", "held.jsonl").expectFailure(66, "nowhere")
                try lathe("score", "--model", LatheCommand.gguf, "--data", "nowhere.jsonl").expectFailure(
                    66, "nowhere.jsonl")
                try lathe("train", "recipe.yaml", "--set", "data.train=nowhere.jsonl").expectFailure(
                    66, "nowhere.jsonl")
                try FileManager.default.createDirectory(at: lathe.url("hollow"), withIntermediateDirectories: true)
                try lathe("score", "--model", "hollow", "--data", "held.jsonl").expectFailure(66, "hollow/config.json")
                try lathe("train", "nowhere.yaml").expectFailure(66, "nowhere.yaml")
                try lathe("inspect", "nowhere").expectFailure(66, "nowhere")
                try lathe("merge", "--model", LatheCommand.gguf, "--adapter", "nowhere", "--out", "m").expectFailure(
                    66, "nowhere")
                #expect(!lathe.has("m"))
            }
        }

        @Test func modelsThatAreCut() throws {
            try LatheCommand.inFolder { lathe in
                let gguf = try Data(contentsOf: URL(fileURLWithPath: LatheCommand.gguf))
                for length in [0, 3, 300, 20_000, gguf.count / 2, gguf.count - 1] {
                    try gguf.prefix(length).write(to: lathe.url("cut.gguf"))
                    try lathe("score", "--model", "cut.gguf", "--data", "held.jsonl").expectFailure(65, "cut.gguf")
                }
                try lathe.copy(LatheCommand.huggingFace, to: "cut")
                let weights = try Data(contentsOf: lathe.url("cut/model.safetensors"))
                for length in [0, 7, 100, weights.count / 2, weights.count - 1] {
                    try weights.prefix(length).write(to: lathe.url("cut/model.safetensors"))
                    try lathe("score", "--model", "cut", "--data", "held.jsonl").expectFailure(
                        65, "cut/model.safetensors")
                }
            }
        }

        @Test func weightsThatAreNoNumbers() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "nan")
                let file = lathe.url("nan/model.safetensors")
                var tensors = try EditedTensors(file)
                let name = try tensors.change("layers.1.mlp.up_proj") { $0.bytes.poison() }
                try tensors.write(to: file)
                // The first loss says in which block the numbers ran away; an export reads every tensor and names it.
                try lathe("score", "--model", "nan", "--data", "held.jsonl").expectFailure(
                    65, "not finite", "model.layers.1")
                try lathe("train", "recipe.yaml", "--set", "model.path=nan").expectFailure(
                    65, "not finite", "model.layers.1")
                try lathe("generate", "--model", "nan", "--raw", "--prompt", "x").expectFailure(65, "not finite")
                try lathe("export", "--model", "nan", "--format", "safetensors", "--out", "out").expectFailure(
                    65, "not finite", name)
                #expect(!lathe.has("out"))
                #expect(!lathe.has("checkpoints/tiny"), "a run that computed nothing leaves something behind")
            }
        }

        @Test func modelsWithAWrongShape() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "odd")
                let file = lathe.url("odd/model.safetensors")
                var tensors = try EditedTensors(file)
                let name = try tensors.change("layers.2.mlp.down_proj") { $0.shape.reverse() }
                try tensors.write(to: file)
                try lathe("score", "--model", "odd", "--data", "held.jsonl").expectFailure(65, name)
                tensors.entries.removeAll { $0.name == name }
                try tensors.write(to: file)
                try lathe("score", "--model", "odd", "--data", "held.jsonl").expectFailure(65, name)
            }
        }

        @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"))
        func resultsThatCannotBeWritten() throws {
            try LatheCommand.inFolder { lathe in
                for arguments in [
                    ["doctor"], ["score", "--model", LatheCommand.gguf, "--data", "held.jsonl", "--json"],
                ] {
                    try lathe.start(arguments, output: URL(fileURLWithPath: "/dev/full")).wait()
                        .expectFailure(74, "standard output: cannot be written")
                }
            }
        }

        @Test func runDirectoryThatCannotBeMade() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("checkpoints", "a file stands in the way\n")
                try lathe("train", "recipe.yaml").expectFailure(74, "checkpoints/tiny")
            }
        }
    }
}
