// `lathe prune`, as a person calls it.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Pruning {
        /// From a folder, and from GGUF in floats and in blocks.
        @Test(arguments: [TinyModel.base, TinyModel.gguf, TinyModel.mixed].map(\.path))
        func blocksAreLeftOut(_ model: String) throws {
            try LatheCommand.inFolder { lathe in
                let report = try lathe.json(
                    "prune", "--model", model, "--layers", "0,2", "--data", "held.jsonl", "--out", "small", "--set",
                    "model.precision=fp32")
                #expect(report["removed_layers"] == [1] && report["kept_layers"] == [0, 2])
                #expect(report["base"]?["layers"]?.integer == 3 && report["pruned"]?["layers"]?.integer == 2)
                let losses = try ["base", "pruned"].map { try #require(report[$0]?["loss"]?.double) }
                #expect(losses[1] > losses[0])
                let lowest = try #require(report["difference"]?["ci95"]?.array?.first?.double)
                #expect(report["difference"]?["verdict"]?.string == (lowest > 0 ? "worse" : "no difference"))
                #expect(report["difference"]?["loss"]?.double == losses[1] - losses[0])
                // What is read again scores what was said.
                let scored = try lathe.json(
                    "evaluate", "--model", "small", "--data", "held.jsonl", "--set", "model.precision=fp32")
                let loss = try #require(scored["base"]?["loss"]?.double)
                #expect(abs(loss - losses[1]) < 1e-6)
                #expect(try lathe("verify", "small").code == 0)
                let card = try lathe.text("small/README.md")
                #expect(card.contains("1 of 3 blocks: 1") && card.contains("- \"pruned\""))
                let kept = try JSONValue(parsing: lathe.text("small/pruning_report.json"))
                #expect(kept["removed_layers"] == [1] && kept["base"]?["sha256"] == report["base"]?["sha256"])
            }
        }

        @Test(arguments: ["angle", "loss"]) func blocksAreChosenByRows(_ criterion: String) throws {
            try LatheCommand.inFolder { lathe in
                let call = ["prune", "--model", LatheCommand.huggingFace, "--data", "held.jsonl", "--json"]
                let one = try lathe.start(call + ["--to", "2", "--by", criterion, "--out", "two"]).wait().json
                #expect(one["kept_layers"]?.array?.count == 2 && one["choice"]?["by"]?.string == criterion)
                let choice = try #require(one["choice"])
                let gone = try #require(one["removed_layers"]?.array?.first?.integer)
                if criterion == "angle" {
                    let angles = (choice["angles"]?.array ?? []).compactMap(\.double)
                    #expect(angles.count == 3 && angles[gone] == angles.min())
                } else {
                    // What the choice said is what the model without the block scores.
                    let said = try #require(choice["removals"]?.array?.first)
                    #expect(said["layer"]?.integer == gone)
                    let loss = try #require(said["loss"]?.double), found = try #require(one["pruned"]?["loss"]?.double)
                    #expect(abs(loss - found) < 2e-2)
                }
                // Fewer tokens are looked at where fewer are asked for.
                let few = try lathe.start(call + ["--to", "2", "--by", criterion, "--tokens", "60", "--out", "few"])
                    .wait().json["choice"]
                let tokens = try #require(few?["tokens"]?.integer), all = try #require(choice["tokens"]?.integer)
                #expect(tokens > 0 && tokens <= 60 && all > 60)
                // A choice is the person's list of the same blocks.
                let kept = [0, 1, 2].filter { $0 != gone }.map { "\($0)" }.joined(separator: ",")
                let listed = try lathe.start(call + ["--layers", kept, "--out", "listed"]).wait().json
                #expect(listed["pruned"] == one["pruned"] && listed["choice"] == nil)
            }
        }

        /// By rows and, where none are named, by weights.
        @Test(arguments: [["--data", "held.jsonl"], []]) func widthsAndHeads(_ data: [String]) throws {
            try LatheCommand.inFolder { lathe in
                let call = [
                    "prune", "--model", TinyModel.mixed.path, "--mlp-width", "96", "--heads", "6", "--layers", "0,2",
                ]
                let report = try lathe.start(call + data + ["--out", "small", "--json"]).wait().json
                #expect(report["importance"]?.string == (data.isEmpty ? "weights" : "rows"))
                let left = try #require(report["pruned"])
                #expect(
                    left["mlp_width"]?.integer == 96 && left["heads"]?.integer == 6 && left["kv_heads"]?.integer == 3)
                let configuration = try JSONValue(parsing: lathe.text("small/config.json"))
                #expect(configuration["head_dim"]?.integer == 8 && configuration["intermediate_size"]?.integer == 96)
                #expect(configuration["num_key_value_heads"]?.integer == 3)
                let answer = try lathe.json("generate", "--model", "small", "--prompt", "Tom", "--max-new-tokens", "4")
                #expect(answer["ids"]?.array?.isEmpty == false)
                #expect(try lathe.text("small/README.md").contains("32 of 128 inner channels"))
            }
        }

        /// From a folder and from GGUF: the rows keep their tokens and, but for the sum over fewer tokens, their losses.
        @Test(arguments: [TinyModel.chat, TinyModel.chatGGUF].map(\.path)) func tokensInUseStay(_ model: String) throws
        {
            try LatheCommand.inFolder { lathe in
                let report = try lathe.json(
                    "prune", "--model", model, "--vocabulary", "used", "--data", "held.jsonl", "--type", "fp32",
                    "--out",
                    "small", "--set", "model.precision=fp32")
                let sizes = ["base", "pruned"].map { report[$0]?["vocabulary"]?.integer ?? 0 }
                #expect(sizes[0] == 512 && sizes[1] < 512 && sizes[1] > 100)
                let losses = ["base", "pruned"].compactMap { report[$0]?["loss"]?.double }
                #expect(losses[1] > 1 && losses[1] < losses[0])
                #expect(report["difference"]?["verdict"]?.string == "better")
                let scored = try lathe.json(
                    "evaluate", "--model", "small", "--data", "held.jsonl", "--set", "model.precision=fp32")
                #expect(abs((scored["base"]?["loss"]?.double ?? 0) - losses[1]) < 1e-5)
                let configuration = try JSONValue(parsing: lathe.text("small/config.json"))
                #expect(configuration["vocab_size"]?.integer == sizes[1])
                #expect(
                    try lathe("generate", "--model", "small", "--prompt", "Zoë 🐢", "--max-new-tokens", "4").code == 0)
            }
        }

        @Test func wishesThatContradictAreNamed() throws {
            try LatheCommand.inFolder { lathe in
                for (arguments, words) in [
                    ([], "nothing says what"), (["--to", "2"], "--data"),
                    (["--to", "2", "--layers", "0", "--data", "held.jsonl"], "--layers"),
                    (["--layers", "0", "--by", "loss"], "--by loss"), (["--layers", "0", "--tokens", "9"], "--tokens"),
                    (["--to", "3", "--data", "held.jsonl"], "--to 3"),
                    (["--to", "0", "--data", "held.jsonl"], "--to 0"),
                    (["--to", "2", "--data", "held.jsonl", "--tokens", "0"], "--tokens 0"),
                    (["--mlp-width", "128"], "--mlp-width 128"), (["--mlp-width", "31"], "in steps of 2"),
                    (["--heads", "3"], "in steps of 2"), (["--heads", "8"], "--heads 8"),
                    (["--heads", "0"], "--heads 0"),
                    (["--to", "2", "--data", "held.jsonl", "--by", "luck"], "--by"),
                    (["--vocabulary", "used"], "--vocabulary used without --data"),
                ] {
                    try lathe.start(["prune", "--model", LatheCommand.gguf, "--out", "small"] + arguments).wait()
                        .expectFailure(64, words)
                }
                #expect(!lathe.has("small"))
            }
        }

        /// An adapter trains on what is left, as on any model.
        @Test func whatIsLeftIsTrained() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json("prune", "--model", LatheCommand.huggingFace, "--layers", "1-2", "--out", "small")
                let trained = try lathe.json("train", "recipe.yaml", "--set", "model.path=small")
                let difference = try #require(trained["evaluation"]?["difference"]?["loss"]?.double)
                #expect(difference < -0.1)
            }
        }

        @Test func theSameCallGivesTheSameBytes() throws {
            try LatheCommand.inFolder { lathe in
                let call = ["prune", "--model", LatheCommand.gguf, "--layers", "0-1", "--type", "bf16", "--json"]
                let digests = try ["a", "b", "a"].map { place in
                    try lathe.start(call + ["--out", place]).wait().json["sha256"]?.string
                }
                #expect(digests[0] != nil && digests[0] == digests[2])
                let weights = try ["a", "b"].map { try Data(contentsOf: lathe.url("\($0)/model.safetensors")) }
                #expect(weights[0] == weights[1])
            }
        }

        @Test func mistakesAreNamed() throws {
            try LatheCommand.inFolder { lathe in
                func failing(_ arguments: String...) throws -> Outcome {
                    try lathe.start(["prune", "--model", LatheCommand.huggingFace] + arguments).wait()
                }
                for (layers, words) in [
                    ("0-3", "no block 3"), ("2-1", "'2-1'"), ("x", "'x'"), (",", "''"), ("0,,2", "''"),
                    ("1,0", "upwards"),
                    ("0,0", "each once"), ("0-2", "nothing would be removed"), ("-1", "'-1'"), ("+1", "'+1'"),
                    ("0-1-2", "'0-1-2'"), ("99999999999999999999", "is no block"),
                ] {
                    try failing("--layers=\(layers)", "--out", "small").expectFailure(64, "--layers", words)
                }
                try failing("--layers", "0", "--out", "small", "--type", "Q4_K").expectFailure(64, "--type")
                try failing("--layers", "0", "--out", "small.gguf").expectFailure(64, "small.gguf")
                try failing("--layers", "0", "--out", "small", "--data", "none.jsonl").expectFailure(66, "none.jsonl")
                try failing("--layers", "0", "--out", "held.jsonl").expectFailure(74, "held.jsonl")
                #expect(!lathe.has("small"))
            }
        }
    }
}
