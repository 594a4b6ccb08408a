// Adapters in every tool's form: written by the command, read by every verb that takes one.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct AdapterExporting {
        /// The forms with the place that each is written to.
        private static let forms = [
            (format: "peft", place: "p"), (format: "mlx", place: "m"), (format: "gguf-lora", place: "g.gguf"),
            (format: "hdf5", place: "h.h5"),
        ]

        private func losses(_ lathe: LatheCommand, _ adapter: String?, model: String = LatheCommand.huggingFace) throws
            -> [Double]
        {
            try lathe.score(model, adapter: adapter, "--set", "model.precision=fp32").compactMap { $0["loss"]?.double }
        }

        private func export(
            _ lathe: LatheCommand, _ adapter: String, _ format: String, to place: String,
            model: String = LatheCommand.huggingFace
        ) throws -> JSONValue {
            let report = try lathe.json(
                "export", "--model", model, "--adapter", adapter, "--format", format, "--what", "adapter", "--out",
                place)
            #expect(report["format"]?.string == format && report["what"] == "adapter")
            #expect(report["check"]?["passed"] == true)
            #expect(report["check"]?["modules"]?.integer == TinyModel.linearLayers)
            let difference = try #require(report["check"]?["largest_relative_difference"]?.double)
            #expect(difference <= 1e-6)
            return report
        }

        /// Each form made of each other one, each scored: rsLoRA, with ranks of their own.
        @Test func everyFormIsReadByEveryVerb() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train(
                    "train.eval_every=0", "adapter.use_rslora=true", "adapter.rank_pattern={v_proj: 2}",
                    "train.learning_rate=5e-3")
                let expected = try losses(lathe, adapter), base = try losses(lathe, nil)
                #expect(maximumDifference(expected, base) > 0.01)
                for from in Self.forms {
                    let report = try export(lathe, adapter, from.format, to: from.place)
                    let notes = report["notes"]?.array?.compactMap(\.string) ?? []
                    #expect(notes.contains { $0.contains("filled up with zeros") } == (from.format == "mlx"))
                    #expect(maximumDifference(try losses(lathe, from.place), expected) < 1e-5)
                    for to in Self.forms {
                        let place = "of-\(from.place)-" + to.place
                        _ = try export(lathe, from.place, to.format, to: place)
                        #expect(maximumDifference(try losses(lathe, place), expected) < 1e-5)
                    }
                    let evaluation = try lathe.json(
                        "evaluate", "--model", LatheCommand.huggingFace, "--adapter", from.place, "--data",
                        "held.jsonl",
                        "--set", "model.precision=fp32")
                    #expect(evaluation["adapter"]?["loss"]?.double != evaluation["base"]?["loss"]?.double)
                    let merged = try lathe.json(
                        "merge", "--model", LatheCommand.huggingFace, "--adapter", from.place, "--out",
                        "merged-\(from.place.prefix(1))")
                    #expect(merged["passed"] == true)
                    let kind = try lathe.json("inspect", from.place)["kind"]
                    #expect(kind == "adapter" || from.format == "gguf-lora")
                }
                // A GGUF base keeps rows of queries and keys in another order than the folder; the adapter is the same.
                #expect(maximumDifference(try losses(lathe, "g.gguf", model: LatheCommand.gguf), expected) < 1e-4)
                _ = try export(lathe, "m", "gguf-lora", to: "other.gguf", model: LatheCommand.gguf)
                #expect(maximumDifference(try losses(lathe, "other.gguf"), expected) < 1e-5)
            }
        }

        @Test func whatAFormCannotHoldIsRefusedBeforeTraining() throws {
            try LatheCommand.inFolder { lathe in
                let dora = ["--set", "adapter.method=dora", "--set", "export=[{format: gguf-lora}]"]
                for verb in [["recipe", "check"], ["plan"], ["run"]] {
                    let outcome = try lathe.start(verb + ["recipe.yaml"] + dora).wait()
                    outcome.expectFailure(65, "export[0].format", "gguf-lora", "dora", "peft", "mlx", "hdf5")
                }
                try lathe("recipe", "check", "recipe.yaml", "--set", "export=[{format: safetensors, what: adapter}]")
                    .expectFailure(65, "export[0].what", "safetensors", "peft, mlx, gguf-lora, hdf5")
                try lathe("recipe", "check", "recipe.yaml", "--set", "export=[{format: mlx, what: model}]")
                    .expectFailure(65, "export[0].what", "mlx")
                try lathe(
                    "recipe", "check", "recipe.yaml", "--set", "export=[{format: hdf5, what: adapter, type: bf16}]"
                ).expectFailure(65, "export[0].type", "fp32")
                #expect(!lathe.has("checkpoints"))
                let adapter = TinyModel.run("dora").appendingPathComponent("final").path
                try lathe(
                    "export", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--format", "gguf-lora",
                    "--out", "x.gguf"
                ).expectFailure(65, "gguf-lora", "dora", "mlx")
                try lathe("export", "--model", LatheCommand.huggingFace, "--format", "mlx", "--out", "x")
                    .expectFailure(64, "--adapter")
                try lathe(
                    "export", "--model", LatheCommand.huggingFace, "--format", "peft", "--what", "model", "--out", "x"
                ).expectFailure(64, "--what model", "safetensors, gguf, hdf5")
                #expect(!lathe.has("x") && !lathe.has("x.gguf"))
            }
        }

        @Test func aRunWritesItsAdapterInEveryForm() throws {
            try LatheCommand.inFolder { lathe in
                let exports =
                    "export=[{format: peft}, {format: mlx}, {format: gguf-lora, type: fp16}, {format: hdf5, what: adapter}, "
                    + "{format: hdf5}]"
                let plan = try lathe.json("plan", "recipe.yaml", "--set", exports)
                #expect(
                    plan["exports"]?.array?.map { $0["what"]?.string } == [
                        "adapter", "adapter", "adapter", "adapter", "model",
                    ])
                for _ in 0..<2 {
                    let run = try lathe("run", "recipe.yaml", "--quiet", "--set", exports)
                    #expect(run.code == 0, "\(run.errors)")
                }
                let folder = "checkpoints/tiny/export/"
                let expected = try losses(lathe, "checkpoints/tiny/adapter")
                for (place, bound) in [("peft", 1e-6), ("mlx", 1e-6), ("adapter.gguf", 1e-3), ("adapter.h5", 1e-6)] {
                    #expect(maximumDifference(try losses(lathe, folder + place), expected) < bound)
                }
                #expect(lathe.has(folder + "model.h5"))
            }
        }

        /// What is computed with the files, by the tools that read them: llama.cpp, PEFT and, where it is there, mlx-lm.
        @Test(.needsPython("peft", "transformers", "gguf", "xllamacpp")) func otherToolsComputeTheSame() throws {
            let script = packageRoot.appendingPathComponent("scripts/checks/adapters_in_other_tools.py").path
            let command = try #require(LatheCommand.executable, "the command is not built").path
            let (status, output) = try ReferencePython.run(
                with: ["peft", "transformers", "gguf", "xllamacpp"],
                [script, "--lathe", command, "--family", "trained"])
            #expect(status == 0, "\(output)")
            #expect(output.contains("ok   trained rslora: llama.cpp"))
        }

        @Test func whatIsThereIsLeftAlone() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = TinyModel.lora.appendingPathComponent("final").path
                for form in Self.forms {
                    let isFile = form.place.contains(".")
                    if !isFile {
                        try FileManager.default.createDirectory(
                            at: lathe.url(form.place), withIntermediateDirectories: true)
                    }
                    try lathe.write(isFile ? form.place : form.place + "/notes.txt", "mine")
                    try lathe(
                        "export", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--format", form.format,
                        "--what", "adapter", "--out", form.place
                    ).expectFailure(74, form.place)
                    let text = try String(
                        contentsOf: lathe.url(isFile ? form.place : form.place + "/notes.txt"), encoding: .utf8)
                    #expect(text == "mine")
                }
                // The name is no proof of what a file is.
                try lathe.write("x.h5", "mine")
                for name in ["g.gguf", "x.h5"] {
                    try lathe("score", "--model", LatheCommand.huggingFace, "--adapter", name, "--data", "held.jsonl")
                        .expectFailure(65, name)
                }
                try FileManager.default.copyItem(at: TinyModel.gguf, to: lathe.url("model.gguf"))
                try lathe(
                    "score", "--model", LatheCommand.huggingFace, "--adapter", "model.gguf", "--data", "held.jsonl"
                )
                .expectFailure(65, "model.gguf", "holds a model")
                _ = try export(lathe, adapter, "gguf-lora", to: "odd-name")
                #expect(try losses(lathe, "odd-name").count == 8)
            }
        }
    }
}
