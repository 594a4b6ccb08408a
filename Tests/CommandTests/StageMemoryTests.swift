// The memory that `plan` predicts for each stage, held against what the stage takes, and limits that are too little for one.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct StageMemory {
        /// Everything a person may set here is large enough to stand out against the program itself.
        private static let sets = [
            "model.path=wide", "adapter.r=144", "train.batch_size=24", "train.max_steps=2", "train.save_every=0",
            "merge.enabled=true", "export=[{format: safetensors}]",
        ].flatMap { ["--set", $0] }

        private static func stages(_ report: JSONValue, _ member: String) throws -> [(name: String, bytes: Int)] {
            try #require(report["stages"]?.array).map {
                (try #require($0["name"]?.string), try #require($0[member]?.integer))
            }
        }

        /// Silent failure: a prediction that leaves out what a stage takes. The program itself differs from machine to machine.
        @Test func eachStageTakesWhatWasPredicted() throws {
            try LatheCommand.inFolder { lathe in
                try WideModel.write(to: lathe.url("wide"))
                for precision in ["fp32", "bf16"] {
                    let sets = Self.sets + ["--set", "model.precision=\(precision)"]
                    let plan = try lathe.start(["plan", "recipe.yaml", "--json"] + sets).wait().json
                    let run = try lathe.start(["run", "recipe.yaml", "--json", "--fresh"] + sets).wait().json
                    let measured = try Self.stages(run, "peak_memory_bytes")
                    for stage in try Self.stages(plan, "predicted_peak_bytes") {
                        let peak = try #require(measured.first { $0.name == stage.name }).bytes
                        let ratio = Double(stage.bytes) / Double(peak)
                        #expect(abs(ratio - 1) < 0.15, "\(precision) \(stage.name): \(stage.bytes) for \(peak)")
                    }
                }
            }
        }

        @Test func aRunIsToldOfEveryStageThatCannotKeepTheLimit() throws {
            try LatheCommand.inFolder { lathe in
                let sets = Self.sets.map { $0 == "model.path=wide" ? "model.path=\(LatheCommand.huggingFace)" : $0 }
                let plan = try lathe.start(["plan", "recipe.yaml", "--json"] + sets).wait().json
                for stage in try Self.stages(plan, "predicted_peak_bytes") where stage.name != "train" {
                    let limit = ["--set", "train.memory_limit=\(stage.bytes - 6_000_000)"]
                    let outcome = try lathe.start(["run", "recipe.yaml"] + sets + limit).wait()
                    outcome.expectFailure(65, "train.memory_limit")
                    #expect(outcome.errors.contains("\(stage.name) (") || outcome.errors.contains("micro-batch"))
                }
                #expect(!lathe.has("checkpoints/tiny/run.json") && !lathe.has("checkpoints/tiny/adapter"))
            }
        }

        /// `train` merges nothing, so a merge that would not fit is none of its affairs.
        @Test func trainLooksAtItsOwnStagesOnly() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("recipe.yaml", LatheCommand.recipe + "merge: { enabled: true }\n")
                let sets = ["--set", "train.save_every=0"]
                let plan = try lathe.start(["plan", "recipe.yaml", "--json"] + sets).wait().json
                let stages = try Self.stages(plan, "predicted_peak_bytes")
                func bytes(_ name: String) throws -> Int { try #require(stages.first { $0.name == name }).bytes }
                let trained = try max(bytes("train"), bytes("evaluate")), merged = try bytes("merge")
                try #require(trained < merged)
                let limit = ["--set", "train.memory_limit=\((trained + merged) / 2)"]
                let run = try lathe.start(["run", "recipe.yaml"] + sets + limit).wait()
                run.expectFailure(65, "train.memory_limit", "merge (", "leave the stage out")
                #expect(!lathe.has("checkpoints/tiny/adapter"))
                let train = try lathe.start(["train", "recipe.yaml", "--quiet"] + sets + limit).wait()
                #expect(train.code == 0, "\(train.errors)")
            }
        }

        @Test func aVerbByItselfKeepsTheLimitOrSaysThatItCannot() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                let model = ["--model", LatheCommand.huggingFace, "--adapter", adapter, "--set"]
                let verbs: [(stage: String, arguments: [String])] = [
                    ("merge", ["merge", "--out", "out"]), ("proof", ["merge", "--out", "out"]),
                    ("export", ["export", "--format", "safetensors", "--out", "out"]),
                    ("evaluate", ["evaluate", "--data", "held.jsonl"]),
                    ("evaluate", ["score", "--data", "held.jsonl"]),
                ]
                for (stage, arguments) in verbs {
                    let refused = try lathe.start(arguments + model + ["train.memory_limit=20MB"]).wait()
                    refused.expectFailure(65, "train.memory_limit", "\(stage) (", "raise train.memory_limit")
                    #expect(!lathe.has("out"))
                    let done = try lathe.start(arguments + model + ["train.memory_limit=1GB"]).wait()
                    #expect(done.code == 0, "\(done.errors)")
                    try? FileManager.default.removeItem(at: lathe.url("out"))
                }
            }
        }
    }
}

/// A model in the small one's words that is wide enough to take memory: 14 million random weights in 6 blocks.
private enum WideModel {
    private static let width = 512, inner = 1024, layers = 6

    static func write(to folder: URL) throws {
        try FileManager.default.copyItem(at: TinyModel.base, to: folder)
        let configuration = folder.appendingPathComponent("config.json")
        var json = try #require(JSONValue(parsing: String(contentsOf: configuration, encoding: .utf8)).object)
        (json["hidden_size"], json["intermediate_size"]) = (.integer(width), .integer(inner))
        json["num_hidden_layers"] = .integer(layers)
        try Data(JSONValue.object(json).text().utf8).write(to: configuration)
        let file = folder.appendingPathComponent("model.safetensors")
        var tensors = try EditedTensors(file)
        tensors.entries = entries()
        try tensors.write(to: file)
    }

    private static func entries() -> [EditedTensors.Entry] {
        var seed: UInt32 = 1
        func entry(_ name: String, _ shape: Int...) -> EditedTensors.Entry {
            let numbers = (0..<shape.reduce(1, *)).map { _ in
                seed = seed &* 1_664_525 &+ 1_013_904_223
                return shape.count == 1 ? 1 : (Float(seed >> 8) / Float(1 << 24) - 0.5) * 0.1
            }
            return EditedTensors.Entry(
                name: "model.\(name).weight", type: "F32", shape: shape, bytes: numbers.withUnsafeBytes { Data($0) })
        }
        var entries = [entry("embed_tokens", TinyModel.vocabularySize, width), entry("norm", width)]
        for layer in 0..<layers {
            let name = "layers.\(layer)."
            entries += [
                entry(name + "input_layernorm", width), entry(name + "post_attention_layernorm", width),
                entry(name + "self_attn.q_proj", width, width), entry(name + "self_attn.k_proj", width / 2, width),
                entry(name + "self_attn.v_proj", width / 2, width), entry(name + "self_attn.o_proj", width, width),
                entry(name + "mlp.gate_proj", inner, width), entry(name + "mlp.up_proj", inner, width),
                entry(name + "mlp.down_proj", width, inner),
            ]
        }
        return entries
    }
}
